//! The life cycle of a user as a list of requests: what each request changes, and how a caller settles an unknown
//! outcome.

use centagate_simulator::{Operation, Simulator, User};
use reqwest::Method;
use serde_json::{Value, json};

/// How a caller settles an unknown outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Settlement {
    /// `GET /users/{id}` returns 200 if the request was executed.
    UserExists,
    /// `GET /users/{id}` contains this list. It has an entry whose serial number starts with this prefix if the request
    /// was executed.
    UserLists(&'static str, &'static str),
    /// Retry the request. It succeeds.
    Retry,
    /// Retry the request. It succeeds, or it gets this problem because it was already executed.
    RetryUnlessDone(&'static str),
    /// Retry the request with new codes.
    RetryWithNewCodes,
}
use Operation::{
    CreateUser, DeleteUser, GetTokenStatus, GetUser, RegisterCertificate, RegisterHardwareToken, RegisterOfflineToken,
    RegisterOtpToken, RegisterSmsToken, SetPassword, SetTokenStatus, SetUserStatus, SyncHardwareToken,
    UnlockHardwareToken, UnlockUser, UnregisterToken, UpdateUser,
};
use Settlement::{Retry, RetryUnlessDone, RetryWithNewCodes, UserExists, UserLists};

/// One request.
pub(crate) struct Step {
    /// The call that CENTAGATE receives.
    pub(crate) operation: Operation,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) success: u16,
    pub(crate) settlement: Settlement,
    /// Prepares the simulator: locks what the request unlocks. No operation of the gateway can lock anything.
    pub(crate) before: fn(&Simulator, &str),
}

/// The name of a user.
pub(crate) fn name(number: usize) -> String {
    format!("user-{number}")
}

fn serial_number(number: usize) -> String {
    format!("HW{number:08}")
}

/// Adds the groups and hardware tokens that the life cycles of this many users need.
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

/// The requests in the life cycle of a user. The order of the middle parts differs between users.
pub(crate) fn steps(number: usize) -> Vec<Step> {
    let name = name(number);
    let step = |operation: Operation, method: Method, path: &str, body: Value, settlement: Settlement| {
        let success = match (&method, settlement) {
            (&Method::POST, UserExists | UserLists(..)) => 201,
            (&Method::GET, _) => 200,
            _ => 204,
        };
        let body = Some(body).filter(|body| !body.is_null());
        Step { operation, method, path: format!("/users/{name}{path}"), body, success, settlement, before: |_, _| {} }
    };
    let user_status = |status: &str| step(SetUserStatus, Method::PUT, "/status", json!({ "status": status }), Retry);
    let token_status = |kind: &str, status: &str| {
        step(SetTokenStatus, Method::PUT, &format!("/tokens/{kind}/status"), json!({ "status": status }), Retry)
    };
    let update = |body: Value| step(UpdateUser, Method::PATCH, "", body, Retry);
    let password = |word: &str| {
        let body = json!({ "password": format!("{word} of {name}") });
        step(SetPassword, Method::PUT, "/password", body, RetryUnlessDone("password_rejected"))
    };
    let post = |operation: Operation, path: &str, body: Value, settlement: Settlement| {
        step(operation, Method::POST, path, body, settlement)
    };
    let phone_number = |area: u8| {
        let body = json!({ "phoneNumber": format!("+60{area}{number:07}") });
        post(RegisterSmsToken, "/sms-token", body, UserLists("tokens", if area == 12 { "+6012" } else { "+6013" }))
    };
    let unregister = |kind: &str| {
        let settlement = RetryUnlessDone("token_not_found");
        step(UnregisterToken, Method::DELETE, &format!("/tokens/{kind}"), Value::Null, settlement)
    };

    let profile = vec![
        update(json!({ "city": "Ipoh", "lastName": "Baker" })),
        update(json!({ "email": format!("new-{name}@example.com"), "group": "Guests", "role": "groupAdmin" })),
        password("First password"),
        password("Second password"),
    ];
    let mobile = vec![
        post(RegisterOtpToken, "/otp-token", json!({ "status": "pending" }), UserLists("tokens", "PIN")),
        token_status("mobile", "valid"),
        step(GetTokenStatus, Method::GET, "/tokens/mobile", Value::Null, Retry),
        unregister("mobile"),
    ];
    let phone = vec![phone_number(12), token_status("sms", "deactivated"), unregister("sms"), phone_number(13)];
    let signature = json!({ "signature": "MIIB", "status": "pending" });
    let certificate = vec![
        post(RegisterCertificate, "/certificates", signature, UserLists("certificates", "CERT")),
        token_status("pki", "valid"),
    ];
    let unlock_token =
        post(UnlockHardwareToken, "/hardware-token/unlock", Value::Null, RetryUnlessDone("token_not_locked"));
    let otp = vec![
        if has_offline_token(number) {
            post(RegisterOfflineToken, "/offline-token", Value::Null, UserLists("tokens", "OFFLINE"))
        } else {
            let body = json!({ "serialNumber": serial_number(number) });
            post(RegisterHardwareToken, "/hardware-token", body, UserLists("tokens", "HW"))
        },
        Step { before: lock_otp_token, ..unlock_token },
        post(SyncHardwareToken, "/hardware-token/sync", json!({ "codes": ["000000", "999999"] }), RetryWithNewCodes),
    ];
    let unlock = post(UnlockUser, "/unlock", Value::Null, RetryUnlessDone("user_not_locked"));
    let access = vec![
        user_status("inactive"),
        Step { before: lock_user, ..unlock },
        step(GetUser, Method::GET, "", Value::Null, Retry),
        user_status("active"),
    ];

    let mut parts = [profile, mobile, phone, certificate, otp, access];
    parts.rotate_left(number % 6);
    let user = json!({
        "username": name, "firstName": "Alice", "lastName": "Archer", "email": format!("{name}@example.com"),
        "group": "Staff", "app": "portal",
    });
    let mut steps = vec![Step { path: "/users".to_owned(), ..post(CreateUser, "", user, UserExists) }];
    steps.extend(parts.into_iter().flatten());
    if is_deleted(number) {
        steps.push(step(DeleteUser, Method::DELETE, "", Value::Null, RetryUnlessDone("user_not_found")));
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

/// The state of a user in the simulator after the whole life cycle.
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

/// The current state of a user in the simulator.
pub(crate) fn actual(user: Option<User>) -> Value {
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
fn the_life_cycles_contain_every_operation() {
    let operations: Vec<Value> = (0..6).flat_map(steps).map(|step| json!(step.operation)).collect();
    for row in centagate_gateway::operations::TABLE {
        assert!(operations.contains(&json!(row.spec.id)), "{}", row.spec.id);
    }
}
