//! The life of a user as a list of requests: what each one changes, and how a caller settles it when its outcome is unknown.

use centagate_simulator::{Operation, Simulator, User};
use reqwest::Method;
use serde_json::{Value, json};

/// How a caller settles an unknown outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// `GET /users/{id}` shows it: whether the user exists.
    LookForUser,
    /// `GET /users/{id}` shows it: this list has an entry whose serial number begins like this.
    LookFor(&'static str, &'static str),
    /// Send it again: it succeeds.
    SendAgain,
    /// Send it again: it succeeds, or this problem means that it was done.
    SendAgainUnlessDone(&'static str),
    /// Send it with new codes.
    SendNewCodes,
}
use Operation::{
    CreateUser, DeleteUser, GetTokenStatus, GetUser, RegisterCertificate, RegisterHardwareToken, RegisterOfflineToken,
    RegisterOtpToken, RegisterSmsToken, SetPassword, SetTokenStatus, SetUserStatus, SyncHardwareToken,
    UnlockHardwareToken, UnlockUser, UnregisterToken, UpdateUser,
};
use Way::{LookFor, LookForUser, SendAgain, SendAgainUnlessDone, SendNewCodes};

/// One request.
pub(crate) struct Step {
    /// CENTAGATE's call.
    pub(crate) operation: Operation,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) success: u16,
    pub(crate) way: Way,
    /// Locks what the request unlocks. No operation of the gateway locks anything.
    pub(crate) before: fn(&Simulator, &str),
}

/// The name of a user.
pub(crate) fn name(number: usize) -> String {
    format!("user-{number}")
}

fn serial_number(number: usize) -> String {
    format!("HW{number:08}")
}

/// Puts everything into CENTAGATE that the lives of so many users need.
pub(crate) fn prepare(simulator: &Simulator, users: usize) {
    simulator.add_group("Guests");
    (0..users).for_each(|number| simulator.add_to_stock(serial_number(number)));
}

fn is_deleted(number: usize) -> bool {
    number.is_multiple_of(3)
}

fn has_offline_token(number: usize) -> bool {
    number % 2 == 1
}

/// The requests in the life of a user. Its middle parts come in another order for each user.
pub(crate) fn steps(number: usize) -> Vec<Step> {
    let name = name(number);
    let step = |operation: Operation, method: Method, path: &str, body: Value, way: Way| {
        let success = match (&method, way) {
            (&Method::POST, LookForUser | LookFor(..)) => 201,
            (&Method::GET, _) => 200,
            _ => 204,
        };
        let body = Some(body).filter(|body| !body.is_null());
        Step { operation, method, path: format!("/users/{name}{path}"), body, success, way, before: |_, _| {} }
    };
    let user_status =
        |status: &str| step(SetUserStatus, Method::PUT, "/status", json!({ "status": status }), SendAgain);
    let token_status = |kind: &str, status: &str| {
        step(SetTokenStatus, Method::PUT, &format!("/tokens/{kind}/status"), json!({ "status": status }), SendAgain)
    };
    let update = |body: Value| step(UpdateUser, Method::PATCH, "", body, SendAgain);
    let password = |word: &str| {
        let body = json!({ "password": format!("{word} of {name}") });
        step(SetPassword, Method::PUT, "/password", body, SendAgainUnlessDone("password_rejected"))
    };
    let post = |operation: Operation, path: &str, body: Value, way: Way| step(operation, Method::POST, path, body, way);
    let phone_number = |area: u8| {
        let body = json!({ "phoneNumber": format!("+60{area}{number:07}") });
        post(RegisterSmsToken, "/sms-token", body, LookFor("tokens", if area == 12 { "+6012" } else { "+6013" }))
    };
    let unregister = |kind: &str| {
        let way = SendAgainUnlessDone("token_not_found");
        step(UnregisterToken, Method::DELETE, &format!("/tokens/{kind}"), Value::Null, way)
    };

    let profile = vec![
        update(json!({ "city": "Ipoh", "lastName": "Baker" })),
        update(json!({ "email": format!("new-{name}@example.com"), "group": "Guests", "role": "groupAdmin" })),
        password("First password"),
        password("Second password"),
    ];
    let mobile = vec![
        post(RegisterOtpToken, "/otp-token", json!({ "status": "pending" }), LookFor("tokens", "PIN")),
        token_status("mobile", "valid"),
        step(GetTokenStatus, Method::GET, "/tokens/mobile", Value::Null, SendAgain),
        unregister("mobile"),
    ];
    let phone = vec![phone_number(12), token_status("sms", "deactivated"), unregister("sms"), phone_number(13)];
    let signature = json!({ "signature": "MIIB", "status": "pending" });
    let certificate = vec![
        post(RegisterCertificate, "/certificates", signature, LookFor("certificates", "CERT")),
        token_status("pki", "valid"),
    ];
    let unlock_token =
        post(UnlockHardwareToken, "/hardware-token/unlock", Value::Null, SendAgainUnlessDone("token_not_locked"));
    let otp = vec![
        if has_offline_token(number) {
            post(RegisterOfflineToken, "/offline-token", Value::Null, LookFor("tokens", "OFFLINE"))
        } else {
            let body = json!({ "serialNumber": serial_number(number) });
            post(RegisterHardwareToken, "/hardware-token", body, LookFor("tokens", "HW"))
        },
        Step { before: lock_otp_token, ..unlock_token },
        post(SyncHardwareToken, "/hardware-token/sync", json!({ "codes": ["000000", "999999"] }), SendNewCodes),
    ];
    let unlock = post(UnlockUser, "/unlock", Value::Null, SendAgainUnlessDone("user_not_locked"));
    let access = vec![
        user_status("inactive"),
        Step { before: lock_user, ..unlock },
        step(GetUser, Method::GET, "", Value::Null, SendAgain),
        user_status("active"),
    ];

    let mut parts = [profile, mobile, phone, certificate, otp, access];
    parts.rotate_left(number % 6);
    let user = json!({
        "username": name, "firstName": "Alice", "lastName": "Archer", "email": format!("{name}@example.com"),
        "group": "Staff", "app": "portal",
    });
    let mut steps = vec![Step { path: "/users".to_owned(), ..post(CreateUser, "", user, LookForUser) }];
    steps.extend(parts.into_iter().flatten());
    if is_deleted(number) {
        steps.push(step(DeleteUser, Method::DELETE, "", Value::Null, SendAgainUnlessDone("user_not_found")));
    }
    steps
}

fn lock_user(simulator: &Simulator, name: &str) {
    simulator.set_user_locked(name, true);
}

fn lock_otp_token(simulator: &Simulator, name: &str) {
    let mut user = simulator.user(name).expect(name);
    "2".clone_into(&mut user.tokens.hardware.as_mut().expect("an OTP token").status);
    simulator.add_user(user);
}

/// What the simulator must show of a user at the end.
pub(crate) fn expected(number: usize) -> Value {
    if is_deleted(number) {
        return Value::Null;
    }
    let name = name(number);
    json!({
        "lastName": "Baker", "city": "Ipoh", "email": format!("new-{name}@example.com"), "group": "Guests", "role": "4",
        "password": format!("Second password of {name}"), "active": true, "locked": false,
        "mobile": null, "sms": format!("+6013{number:07}"), "certificates": 1, "certificateStatus": "2",
        "otp": if has_offline_token(number) { "offline" } else { "hardware" }, "otpStatus": "1",
    })
}

/// What the simulator shows of a user.
pub(crate) fn shown(user: Option<User>) -> Value {
    let Some(user) = user else { return Value::Null };
    let otp = user.tokens.hardware.as_ref();
    json!({
        "lastName": user.last_name, "city": user.city, "email": user.email, "group": user.group, "role": user.role,
        "password": user.password.map(|password| password.0), "active": user.active, "locked": user.locked,
        "mobile": user.tokens.mobile.map(|token| token.status), "sms": user.tokens.sms.map(|token| token.sn),
        "certificates": user.certificates.len(), "certificateStatus": user.certificate_status,
        "otp": otp.map(|_| if user.tokens.offline_key.is_some() { "offline" } else { "hardware" }),
        "otpStatus": otp.map(|token| &token.status),
    })
}

#[test]
fn the_lives_contain_every_operation() {
    let operations: Vec<Value> = (0..6).flat_map(steps).map(|step| json!(step.operation)).collect();
    for row in centagate_gateway::operations::TABLE {
        assert!(operations.contains(&json!(row.spec.id)), "{}", row.spec.id);
    }
}
