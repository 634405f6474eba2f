//! `logIn`: every documented result.

use std::time::{SystemTime, UNIX_EPOCH};

use centagate_simulator::{
    Admin, Behaviour, Config, Instruction, Login, Obstacle, Operation, Simulator, User, cen_token,
};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::client::{Answer, send};

const V1: &str = "/CentagateWS/webresources/auth/authBasic";
const V2: &str = "/v2/CentagateWS/webresources/auth/authBasic";

/// A simulator whose admin has no session, only credentials.
pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> (Bench, Login) {
    let login = Login::fresh();
    let admin = Admin { username: "admin".to_owned(), auth_token: String::new(), secret_code: String::new() };
    let mut config = Config::new(admin.clone());
    config.login = Some(login.clone());
    change(&mut config);
    let simulator = Simulator::start(config).await.unwrap();
    (Bench { simulator, admin }, login)
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// An HMAC over any text, with the formula of the cenToken.
pub(crate) fn hmac(key: &str, text: &str) -> String {
    cen_token("", text, key)
}

/// A login body with empty optional members, signed after `changes`.
fn body(login: &Login, changes: &[(&str, &str)]) -> Value {
    let timestamp = now().to_string();
    let mut body = json!({
        "username": "admin", "password": login.password, "integrationKey": login.integration_key,
        "unixTimestamp": timestamp, "supportFido": "", "ipAddress": "", "userAgent": "", "browserFp": "",
    });
    for (name, value) in changes {
        body[*name] = json!(value);
    }
    sign(body, &login.app_secret_key)
}

fn sign(mut body: Value, key: &str) -> Value {
    let order = [
        "username",
        "password",
        "integrationKey",
        "unixTimestamp",
        "supportFido",
        "ipAddress",
        "userAgent",
        "browserFp",
    ];
    let text: String = order.iter().map(|name| body[*name].as_str().unwrap_or_default()).collect();
    body["hmac"] = json!(hmac(key, &text));
    body
}

pub(crate) async fn post(bench: &Bench, path: &str, body: &Value) -> Answer {
    send(bench.simulator.address(), "POST", path, &[], body.to_string().as_bytes()).await
}

/// Logs in with these credentials. Returns the code and the parsed `object`, or null without one.
pub(crate) async fn log_in(bench: &Bench, login: &Login) -> (Value, Value) {
    let answer = post(bench, V1, &body(login, &[])).await;
    let object = answer.object();
    let object = serde_json::from_str(object.as_str().unwrap()).unwrap_or_default();
    (answer.code(), object)
}

/// The code of a registration that is signed with the session of a login's reply.
pub(crate) async fn registration_code(bench: &Bench, session: &Value, username: &str) -> Value {
    let [auth_token, secret_code] = ["authToken", "secretCode"].map(|name| session[name].as_str().unwrap());
    let mut body = bench.registration(username);
    body["cenToken"] = json!(cen_token("admin", auth_token, secret_code));
    bench.create_user(&body).await.code()
}

#[tokio::test]
async fn a_login_returns_a_session_as_json_text_of_strings_on_both_paths() {
    let (bench, login) = start_with(|_| ()).await;
    for path in [V1, V2, &format!("{V1}/"), &format!("{V2}/")] {
        let answer = post(&bench, path, &body(&login, &[])).await;
        assert_eq!(answer.code(), "0", "{path}");
        let session: Value = serde_json::from_str(answer.object().as_str().unwrap()).unwrap();
        assert!(session.as_object().unwrap().values().all(Value::is_string));
        assert_eq!(session["sessionTimeout"], "1800000");
        assert_eq!(session["authToken"].as_str().unwrap().len(), 44);
        assert_eq!(session["secretCode"].as_str().unwrap().len(), 32);
        assert_eq!((&session["passwordExpired"], &session["useSystemPassword"]), (&json!("0"), &json!("0")));
        assert_eq!(session.get("authMethods"), None);
        let username = session["authToken"].as_str().unwrap();
        assert_eq!(registration_code(&bench, &session, username).await, "0");
    }
    let requests = bench.simulator.requests();
    assert_eq!(requests[0].operation, Some(Operation::LogIn));
    assert!(requests[0].executed && requests[0].code.as_deref() == Some("0"));
    assert_eq!((bench.simulator.logins(), bench.simulator.executions()), (4, 4));
}

#[tokio::test]
async fn optional_members_are_signed_in_the_verified_order() {
    let (bench, login) = start_with(|_| ()).await;
    let optionals = [("supportFido", "true"), ("ipAddress", "10.0.0.1"), ("userAgent", "x"), ("browserFp", "y")];
    assert_eq!(post(&bench, V2, &body(&login, &optionals)).await.code(), "0");
    let mut swapped = body(&login, &optionals);
    let Login { password, integration_key, app_secret_key, .. } = &login;
    let timestamp = swapped["unixTimestamp"].as_str().unwrap();
    let text = format!("admin{password}x{integration_key}truey{timestamp}10.0.0.1");
    swapped["hmac"] = json!(hmac(app_secret_key, &text));
    assert_eq!(post(&bench, V2, &swapped).await.code(), "23022");
    let mut omitted = body(&login, &[]);
    for (name, _) in optionals {
        omitted.as_object_mut().unwrap().remove(name);
    }
    assert_eq!(post(&bench, V1, &omitted).await.code(), "0");
}

#[tokio::test]
async fn the_known_vector_is_accepted() {
    let login =
        Login { password: "pässword".into(), integration_key: "KEY".into(), app_secret_key: "s€cret".into() };
    let (bench, _) = start_with(|config| config.login = Some(login.clone())).await;
    // printf %s adminpässwordKEY1700000000 | openssl dgst -sha256 -hmac s€cret
    let mut body = body(&login, &[("unixTimestamp", "1700000000")]);
    assert_eq!(body["hmac"], "be0f07c667c8746f2a58e3f6459e31fc9a255dc340d673f7c2fd2dc886b217d5");
    body["hmac"] = json!("be0f07c667c8746f2a58e3f6459e31fc9a255dc340d673f7c2fd2dc886b217d5");
    bench.simulator.set_clock_skew_seconds(1_700_000_000 - i64::try_from(now()).unwrap());
    assert_eq!(post(&bench, V1, &body).await.code(), "0");
}

#[tokio::test]
async fn incomplete_input_is_refused() {
    let (bench, login) = start_with(|_| ()).await;
    for required in ["username", "password", "integrationKey", "unixTimestamp", "hmac"] {
        for wrong in [json!(null), json!(""), json!([])] {
            let mut body = body(&login, &[]);
            body[required] = wrong;
            assert_eq!(post(&bench, V1, &body).await.code(), "10002", "{required}");
        }
    }
    assert_eq!(post(&bench, V1, &body(&login, &[("unixTimestamp", "now")])).await.code(), "10002");
    assert_eq!(post(&bench, V1, &json!("text")).await.code(), "10002");
    assert_eq!((bench.simulator.wrong_passwords(), bench.simulator.logins()), (0, 0));
}

#[tokio::test]
async fn each_kind_of_wrong_credential_gets_its_own_code() {
    let (bench, login) = start_with(|_| ()).await;
    let with = |name, value| body(&login, &[(name, value)]);
    assert_eq!(post(&bench, V1, &with("password", "wrong")).await.code(), "23001");
    assert_eq!(bench.simulator.wrong_passwords(), 1);
    assert_eq!(post(&bench, V1, &with("username", "alice")).await.code(), "23001");
    assert_eq!(post(&bench, V1, &with("integrationKey", "wrong")).await.code(), "23024");
    let forged = sign(body(&login, &[]), "wrong");
    assert_eq!(post(&bench, V1, &forged).await.code(), "23022");
    bench.simulator.set_user_active("admin", false);
    assert_eq!(log_in(&bench, &login).await.0, "23001");
    assert_eq!((bench.simulator.wrong_passwords(), bench.simulator.logins()), (1, 0));
    assert!(bench.simulator.requests().iter().all(|request| !request.executed));
}

#[tokio::test]
async fn a_timestamp_more_than_five_minutes_from_the_simulators_clock_is_refused() {
    let (bench, login) = start_with(|_| ()).await;
    for (offset, expected) in [(-310, "23023"), (-290, "0"), (290, "0"), (310, "23023")] {
        let timestamp = now().saturating_add_signed(offset).to_string();
        let body = body(&login, &[("unixTimestamp", &timestamp)]);
        assert_eq!(post(&bench, V1, &body).await.code(), expected, "{offset}");
    }
    bench.simulator.set_clock_skew_seconds(-7200);
    let answer = post(&bench, V1, &body(&login, &[])).await;
    assert_eq!(answer.code(), "23023");
    let skewed = UNIX_EPOCH + std::time::Duration::from_secs(now() - 7200);
    let date = answer.header("Date").unwrap().parse::<actix_web::http::header::HttpDate>().unwrap();
    let off = SystemTime::from(date).duration_since(skewed).unwrap_or_else(|error| error.duration());
    assert!(off.as_secs() < 30, "{off:?}");
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_until_it_is_unlocked() {
    let (bench, login) = start_with(|_| ()).await;
    let wrong = body(&login, &[("password", "wrong")]);
    for _ in 0..4 {
        assert_eq!(post(&bench, V1, &wrong).await.code(), "23001");
    }
    assert_eq!(log_in(&bench, &login).await.0, "0");
    for _ in 0..5 {
        assert!(!bench.simulator.is_locked());
        assert_eq!(post(&bench, V2, &wrong).await.code(), "23001");
    }
    assert!(bench.simulator.is_locked());
    assert_eq!(post(&bench, V1, &wrong).await.code(), "22033");
    assert_eq!(log_in(&bench, &login).await.0, "22033");
    bench.simulator.unlock();
    assert_eq!(log_in(&bench, &login).await.0, "0");
}

#[tokio::test]
async fn obstacles_refuse_correct_credentials() {
    let (bench, login) = start_with(|_| ()).await;
    for (obstacle, code) in [(Obstacle::UntrustedAddress, "23020"), (Obstacle::GroupNotAllowed, "23021")] {
        bench.simulator.set_obstacle(obstacle);
        assert_eq!(log_in(&bench, &login).await, (json!(code), json!(null)));
    }
    bench.simulator.set_obstacle(None);
    assert_eq!(log_in(&bench, &login).await.0, "0");
}

#[tokio::test]
async fn a_login_with_a_pending_step_gets_code_0_without_a_secret_code() {
    let (bench, login) = start_with(|_| ()).await;
    let second_factor = Obstacle::SecondFactor { auth_methods: "OTP,PKI".to_owned() };
    for (obstacle, member, value) in [
        (second_factor, "authMethods", "OTP,PKI"),
        (Obstacle::PasswordExpired, "passwordExpired", "1"),
        (Obstacle::SystemPassword, "useSystemPassword", "1"),
    ] {
        bench.simulator.set_obstacle(obstacle);
        let (code, object) = log_in(&bench, &login).await;
        assert_eq!(code, "0");
        assert_eq!((&object["secretCode"], &object[member]), (&json!(""), &json!(value)));
        assert_eq!(registration_code(&bench, &object, "bob").await, "10001");
    }
    assert_eq!((bench.simulator.logins(), bench.simulator.live_sessions()), (0, 0));
    assert!(bench.simulator.requests().iter().all(|request| !request.executed));
}

#[tokio::test]
async fn old_and_new_credentials_work_together_until_the_old_ones_are_replaced() {
    let (bench, old) = start_with(|_| ()).await;
    let new = Login::fresh();
    assert_eq!(log_in(&bench, &new).await.0, "23024");
    bench.simulator.add_login(new.clone());
    assert_eq!(log_in(&bench, &new).await.0, "0");
    assert_eq!(log_in(&bench, &old).await.0, "0");
    bench.simulator.set_login(new.clone());
    assert_eq!(log_in(&bench, &old).await.0, "23024");
    assert_eq!(log_in(&bench, &new).await.0, "0");
}

#[tokio::test]
async fn without_credentials_no_login_succeeds() {
    let bench = Bench::start().await;
    assert_eq!(log_in(&bench, &Login::fresh()).await.0, "23024");
}

#[tokio::test]
async fn instructions_reach_logins() {
    let (bench, login) = start_with(|_| ()).await;
    bench.simulator.instruct(Instruction::once(Operation::LogIn, Behaviour::code("23016")));
    assert_eq!(log_in(&bench, &login).await.0, "23016");
    assert_eq!(log_in(&bench, &login).await.0, "0");
}

#[tokio::test]
async fn another_method_or_path_is_refused() {
    let (bench, login) = start_with(|_| ()).await;
    for path in [V1, V2] {
        let answer = bench.put(path, &body(&login, &[])).await;
        assert_eq!((answer.status, answer.header("Allow")), (405, Some("POST")));
    }
    let nowhere = format!("{V1}/more");
    assert_eq!(post(&bench, &nowhere, &body(&login, &[])).await.status, 404);
}

#[test]
fn debug_output_contains_no_secret() {
    let login = Login::fresh();
    let mut config = Config::new(Admin::with_fresh_session("admin"));
    config.login = Some(login.clone());
    let shown = format!("{login:?} {config:?} {:?}", User::new("admin"));
    for secret in [&login.password, &login.integration_key, &login.app_secret_key] {
        assert!(!shown.contains(secret));
    }
}
