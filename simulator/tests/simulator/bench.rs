//! A running simulator with its admin, and requests that it accepts.

use centagate_simulator::{Admin, Config, Simulator, User, cen_token};
use serde_json::{Value, json};

use crate::client::{Answer, send};

pub(crate) const CREATE_USER: &str = "/CentagateWS/webresources/user/registerUserActivate/admin";
pub(crate) const REGISTER_OTP_TOKEN: &str = "/CentagateWS/webresources/device/register/onetimepin/admin";
pub(crate) const GET_USER: &str = "/CentagateWS/webresources/user/auth/list/admin";

pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) admin: Admin,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::named("admin").await
    }

    /// Starts a simulator whose admin has this name.
    pub(crate) async fn named(admin: &str) -> Self {
        let admin = Admin::with_fresh_session(admin);
        let simulator = Simulator::start(Config::new(admin.clone())).await.unwrap();
        Self { simulator, admin }
    }

    /// Starts a simulator with an active user `alice`.
    pub(crate) async fn with_alice() -> Self {
        let bench = Self::start().await;
        bench.simulator.add_user(User { email: "alice@example.com".to_owned(), ..User::new("alice") });
        bench
    }

    pub(crate) fn cen_token(&self) -> String {
        let Admin { username, auth_token, secret_code, .. } = &self.admin;
        cen_token(username, auth_token, secret_code)
    }

    /// A complete body for `createUser`.
    pub(crate) fn registration(&self, username: &str) -> Value {
        json!({
            "firstName": "Ann", "lastName": "Doe", "username": username, "userApp": "app",
            "userUniqueId": username, "userClientId": username, "roles": "3", "userGroup": "Staff",
            "userEmail": format!("{username}@example.com"), "cenToken": self.cen_token(),
        })
    }

    /// A complete body for `registerOtpToken`.
    pub(crate) fn token(&self, username: &str) -> Value {
        json!({"username": username, "status": "2", "cenToken": self.cen_token()})
    }

    /// A complete body for `getUser`.
    pub(crate) fn user_query(&self, username: &str) -> Value {
        json!({"username": username, "cenToken": self.cen_token()})
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        let headers = ["Content-Type: application/json"];
        let body = body.to_string();
        send(self.simulator.address(), "PUT", path, &headers, body.as_bytes()).await
    }

    /// Sends a signed request of the admin to this path below `webresources`.
    pub(crate) async fn call(&self, path: &str, mut body: Value) -> Answer {
        body["cenToken"] = self.cen_token().into();
        self.put(&format!("/CentagateWS/webresources/{path}/admin"), &body).await
    }

    pub(crate) async fn create_user(&self, body: &Value) -> Answer {
        self.put(CREATE_USER, body).await
    }

    pub(crate) async fn register_otp_token(&self, body: &Value) -> Answer {
        self.put(REGISTER_OTP_TOKEN, body).await
    }

    pub(crate) async fn get_user(&self, body: &Value) -> Answer {
        self.put(GET_USER, body).await
    }

    /// The code of `createUser` for a complete body with these changes; `null` removes a member.
    pub(crate) async fn code_with(&self, changes: Value) -> Value {
        let mut body = self.registration("bob");
        change(&mut body, changes);
        self.create_user(&body).await.code()
    }

    /// The code of `registerOtpToken` for alice and a complete body with these changes.
    pub(crate) async fn token_code_with(&self, changes: Value) -> Value {
        let mut body = self.token("alice");
        change(&mut body, changes);
        self.register_otp_token(&body).await.code()
    }
}

/// Changes members of a body; `null` removes a member.
pub(crate) fn change(body: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    let members = body.as_object_mut().unwrap();
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
}
