//! What CENTAGATE receives for each operation: path and members, from the life-cycle facts, section 3.

use serde_json::{Value, json};

use crate::gateway::with;
use crate::operations::{Operation, operation};

/// A request of a caller, and the call that CENTAGATE receives for it.
pub(crate) struct Row {
    pub(crate) operation: &'static Operation,
    /// The path, with every parameter filled in.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    pub(crate) upstream_path: &'static str,
    /// The members without the signature and the time.
    pub(crate) members: Value,
}

/// The words of `{kind}` and their digits as CENTAGATE's `type`.
pub(crate) const KINDS: [(&str, &str); 4] = [("mobile", "1"), ("sms", "2"), ("challenge", "3"), ("pki", "4")];

/// The words of a token's status and their digits.
const STATUSES: [(&str, &str); 4] =
    [("pending", "1"), ("valid", "2"), ("temporarilyDeactivated", "3"), ("deactivated", "4")];

/// The words of a digest algorithm and their digits.
const ALGORITHMS: [(&str, &str); 4] = [("sha1", "0"), ("sha256", "1"), ("sha384", "2"), ("sha512", "3")];

fn row(id: &str, path: &str, body: impl Into<Option<Value>>, upstream_path: &'static str, members: Value) -> Row {
    Row { operation: operation(id), path: path.to_owned(), body: body.into(), upstream_path, members }
}

/// The table. Each word of a vocabulary has a row.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = rows_of_users();
    rows.extend(rows_of_new_tokens());
    rows.extend(rows_of_existing_tokens());
    rows
}

fn rows_of_users() -> Vec<Row> {
    let create = |body, members| row("createUser", "/users", body, "user/registerUserActivate", members);
    let update = |body, members| row("updateUser", "/users/bob", body, "user/updatebyusername", members);
    let set_status = |word: &str, digit: &str| {
        let members = json!({ "username": "bob", "status": digit });
        row("setUserStatus", "/users/bob/status", json!({ "status": word }), "user/status/update", members)
    };
    let set_password = |body, notify: &str| {
        let members = json!({ "username": "bob", "newPassword": " p/\"ü", "notifyUser": notify });
        row("setPassword", "/users/bob/password", body, "password/resetbyusername", members)
    };
    let unlock = |body: Option<Value>| {
        row("unlockUser", "/users/bob/unlock", body, "user/unlockUser", json!({ "lockedUsername": "bob" }))
    };
    vec![
        create(
            json!({ "username": "alice", "firstName": "Ann", "lastName": "Lee", "email": "a@example.com" }),
            json!({
                "username": "alice", "firstName": "Ann", "lastName": "Lee", "userEmail": "a@example.com",
                "userGroup": "default group", "userApp": "default app", "userUniqueId": "alice", "userClientId": "alice",
                "roles": "3",
            }),
        ),
        create(
            json!({
                "username": "alice", "firstName": "Ann", "lastName": "Lee", "email": "a@example.com", "group": "Staff",
                "role": "groupAdmin", "app": "portal", "uniqueId": "unique", "clientId": "client",
                "additionalData": ["one", "two", "three", "four", "five"],
            }),
            json!({
                "username": "alice", "firstName": "Ann", "lastName": "Lee", "userEmail": "a@example.com",
                "userGroup": "Staff", "roles": "4", "userApp": "portal", "userUniqueId": "unique",
                "userClientId": "client", "userAdditionalData1": "one", "userAdditionalData2": "two",
                "userAdditionalData3": "three", "userAdditionalData4": "four", "userAdditionalData5": "five",
            }),
        ),
        row("getUser", "/users/bob", None, "user/auth/list", json!({ "username": "bob" })),
        update(json!({ "zip": "50450" }), json!({ "username": "bob", "zip": "50450" })),
        update(
            json!({
                "firstName": "Ann", "lastName": "Lee", "email": "a@example.com", "group": "Staff", "role": "companyAdmin",
                "app": "portal", "clientId": "client", "address": "1 Main Street", "zip": "50450", "city": "Ipoh",
                "state": "Perak",
            }),
            json!({
                "username": "bob", "firstName": "Ann", "lastName": "Lee", "email": "a@example.com",
                "userGroupName": "Staff", "roles": "2", "availApps": "portal", "clientId": "client",
                "address": "1 Main Street", "zip": "50450", "city": "Ipoh", "state": "Perak",
            }),
        ),
        set_status("active", "1"),
        set_status("inactive", "0"),
        unlock(None),
        unlock(Some(json!({}))),
        row("deleteUser", "/users/bob", None, "user/unbindAndDelete", json!({ "username": "bob" })),
        set_password(json!({ "password": " p/\"ü" }), "false"),
        set_password(json!({ "password": " p/\"ü", "notify": false }), "false"),
        set_password(json!({ "password": " p/\"ü", "notify": true }), "true"),
    ]
}

fn rows_of_new_tokens() -> Vec<Row> {
    let otp_token =
        |body, members| row("registerOtpToken", "/users/bob/otp-token", body, "device/register/onetimepin", members);
    let certificate = |body: Value, members| {
        row("registerCertificate", "/users/bob/certificates", body, "cert/register/pkcs7", members)
    };
    let bound = |id, path, body, token_type: &str, sn: &str| {
        let members = json!({ "username": "bob", "tokenType": token_type, "tokenSn": sn });
        row(id, path, body, "token/registerActiveToken", members)
    };
    let mut rows = vec![
        otp_token(
            json!({ "status": "valid", "validitySeconds": 86_400 }),
            json!({ "username": "bob", "status": "2", "validity": "86400" }),
        ),
        bound(
            "registerSmsToken",
            "/users/bob/sms-token",
            json!({ "phoneNumber": "+60123456789" }),
            "1",
            "+60123456789",
        ),
        bound(
            "registerHardwareToken",
            "/users/bob/hardware-token",
            json!({ "serialNumber": "00#2601/42" }),
            "2",
            "00#2601/42",
        ),
    ];
    for (word, digit) in STATUSES {
        rows.push(otp_token(json!({ "status": word }), json!({ "username": "bob", "status": digit })));
        let body = json!({ "signature": "QUJD", "status": word });
        rows.push(certificate(body, json!({ "username": "bob", "signature": "QUJD", "status": digit })));
    }
    rows.extend(ALGORITHMS.map(|(word, digit)| {
        let body = json!({ "signature": "AB+/", "algorithm": word, "status": "valid" });
        certificate(body, json!({ "username": "bob", "signature": "AB+/", "algorithm": digit, "status": "2" }))
    }));
    rows.extend([None, Some(json!({}))].map(|body| {
        let path = "/users/bob/offline-token";
        row("registerOfflineToken", path, body, "token/register/otp/offline", json!({ "username": "bob" }))
    }));
    rows
}

fn rows_of_existing_tokens() -> Vec<Row> {
    let mut rows = Vec::new();
    for (kind, digit) in KINDS {
        let path = format!("/users/bob/tokens/{kind}");
        let members = json!({ "username": "bob", "type": digit });
        rows.push(row("getTokenStatus", &path, None, "token/getStatus", members.clone()));
        rows.push(row("unregisterToken", &path, None, "token/unregisterActiveToken", members.clone()));
        rows.extend(STATUSES.map(|(word, digit)| {
            let (path, body) = (format!("{path}/status"), json!({ "status": word }));
            row("setTokenStatus", &path, body, "token/update/token/status", with(members.clone(), "status", digit))
        }));
    }
    rows.extend([None, Some(json!({}))].map(|body| {
        let path = "/users/bob/hardware-token/unlock";
        row("unlockHardwareToken", path, body, "token/unlockToken", json!({ "username": "bob" }))
    }));
    rows.push(row(
        "syncHardwareToken",
        "/users/bob/hardware-token/sync",
        json!({ "codes": ["012345", "abCD"] }),
        "token/syncToken",
        json!({ "username": "bob", "otpStr1": "012345", "otpStr2": "abCD" }),
    ));
    rows
}
