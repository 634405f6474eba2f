//! `POST /CentagateWS/webresources/auth/authBasic` and `/v2/CentagateWS/webresources/auth/authBasic`: opens a session.
//!
//! Members and values: `wire-facts.md` sections 2.1 to 2.4.

use serde_json::{Map, Value};

use super::{Call, Input, Members, Signature, Success};
use crate::state::{Obstacle, State};
use crate::{ReturnCode, User, credential};

const USER_LOCKED: ReturnCode = ReturnCode::new("22033", "User locked");
const INVALID_CREDENTIALS: ReturnCode = ReturnCode::new("23001", "Invalid credentials");
const GROUP_NOT_ALLOWED: ReturnCode =
    ReturnCode::new("23021", "Rejected: user's group is not allowed to access this API");

const SIGNATURE: Signature = Signature::App(&[
    "username",
    "password",
    "integrationKey",
    "unixTimestamp",
    "supportFido",
    "ipAddress",
    "userAgent",
    "browserFp",
]);

pub(super) const CALL: Call = Call {
    page: "`wire-facts.md` section 2, codes in sections 3.1 and 3.2",
    method: "POST",
    paths: &[
        ("/CentagateWS/webresources/auth/authBasic", SIGNATURE),
        ("/v2/CentagateWS/webresources/auth/authBasic", SIGNATURE),
    ],
    members: Members { required: &["username"], may_be_blank: &["password"], ..Members::NONE },
    object: "a string that holds a JSON object of strings: `authToken`, `secretCode`, `sessionTimeout`, …",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::INVALID_INPUT,
        ReturnCode::CRYPTO_ERROR,
        USER_LOCKED,
        INVALID_CREDENTIALS,
        ReturnCode::new("23016", "Authentication data does not exist"),
        ReturnCode::new("23017", "Authentication method is not enabled"),
        ReturnCode::new("23018", "Invalid authentication request status"),
        ReturnCode::new("23019", "Authentication request owner not match"),
        ReturnCode::UNTRUSTED_ADDRESS,
        GROUP_NOT_ALLOWED,
        ReturnCode::INVALID_API_SIGNATURE,
        ReturnCode::REQUEST_EXPIRED,
        ReturnCode::API_NOT_FOUND,
        ReturnCode::AUTHENTICATION_ERROR,
    ],
    run,
};

/// The documents do not order the codes. The order here, after the signature: user, lock, group, password.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let username = input.text("username");
    if username != state.admin {
        return Err(INVALID_CREDENTIALS);
    }
    let account = &state.account;
    let admin = state.users.get_mut(&username).filter(|admin| admin.active).ok_or(INVALID_CREDENTIALS)?;
    if admin.locked {
        return Err(USER_LOCKED);
    }
    if account.obstacle == Some(Obstacle::GroupNotAllowed) {
        return Err(GROUP_NOT_ALLOWED);
    }
    let password = input.text("password");
    if !account.logins.iter().any(|login| login.password == password) {
        admin.count_failure(state.allowed_attempts);
        return Err(INVALID_CREDENTIALS);
    }
    admin.failed_attempts = 0;
    Ok(open_session(state))
}

/// Opens a session unless an obstacle prevents that. `object` is JSON text whose members are all strings.
fn open_session(state: &mut State) -> Success {
    let account = &mut state.account;
    let auth_token = credential::auth_token();
    let (mut secret_code, mut password_expired, mut system_password) = (String::new(), "0", "0");
    let mut auth_methods = None;
    match &account.obstacle {
        Some(Obstacle::SecondFactor { auth_methods: methods }) => auth_methods = Some(methods.clone()),
        Some(Obstacle::PasswordExpired) => password_expired = "1",
        Some(Obstacle::SystemPassword) => system_password = "1",
        Some(Obstacle::UntrustedAddress | Obstacle::GroupNotAllowed) | None => secret_code = credential::secret_code(),
    }
    let executed = !secret_code.is_empty();
    if executed {
        if account.single_session {
            state.sessions.end_all();
        }
        state.sessions.open(auth_token.clone(), secret_code.clone(), account.session_timeout);
        account.sessions_opened += 1;
    }
    let timeout = account.session_timeout.as_millis().to_string();
    let reported_timeout = account.report_session_timeout.then_some(timeout);
    let mut object = identity(state);
    let members = [
        ("authToken", Some(auth_token)),
        ("secretCode", Some(secret_code)),
        ("passwordExpired", Some(password_expired.to_owned())),
        ("useSystemPassword", Some(system_password.to_owned())),
        ("authMethods", auth_methods),
        ("sessionTimeout", reported_timeout),
    ];
    object.extend(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))));
    Success { object: Value::Object(object).to_string().into(), executed }
}

/// The members that describe the admin. `roleJson` and `spIdList` contain JSON text (`wire-facts.md` section 1.2).
fn identity(state: &State) -> Map<String, Value> {
    let admin = state.users.get(&state.admin);
    let text = |read: fn(&User) -> &String| admin.map(read).cloned().unwrap_or_default();
    [
        ("username", state.admin.clone()),
        ("userId", text(|user| &user.id)),
        ("role", text(|user| &user.role)),
        ("email", text(|user| &user.email)),
        ("userAppId", text(|user| &user.app)),
        ("userClientId", text(|user| &user.client_id)),
        ("userUniqueId", text(|user| &user.unique_id)),
        ("companyId", "1".to_owned()),
        ("companyName", "Example".to_owned()),
        ("groupId", "1".to_owned()),
        ("timezone", "UTC".to_owned()),
        ("lastLogin", state.clock.since_epoch().as_millis().to_string()),
        ("multiStepAuth", String::new()),
        ("roleJson", "{'role':'2'}".to_owned()),
        ("spIdList", "[]".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect()
}
