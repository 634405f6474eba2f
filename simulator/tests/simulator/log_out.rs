//! `logOut`.

use centagate_simulator::{Login, Obstacle, Operation};
use serde_json::{Value, json};

use crate::log_in::{hmac, log_in, now, post, registration_code, start_with};

const LOGOUT: &str = "/CentagateWS/webresources/auth/logout";

fn body(login: &Login, auth_token: &Value, timestamp: u64) -> Value {
    let key = &login.integration_key;
    let text = format!("admin{key}{timestamp}{}", auth_token.as_str().unwrap());
    json!({
        "username": "admin", "integrationKey": key, "unixTimestamp": timestamp.to_string(), "authToken": auth_token,
        "hmac": hmac(&login.app_secret_key, &text),
    })
}

#[tokio::test]
async fn a_logout_ends_only_its_own_session() {
    let (bench, login) = start_with(|_| ()).await;
    let (_, first) = log_in(&bench, &login).await;
    let (_, second) = log_in(&bench, &login).await;
    let logout = body(&login, &first["authToken"], now());
    let answer = post(&bench, LOGOUT, &logout).await;
    assert_eq!(answer.body, r#"{"code":"0","message":"Success","object":""}"#);
    assert_eq!(registration_code(&bench, &first, "bob").await, "10001");
    assert_eq!(registration_code(&bench, &second, "bob").await, "0");
    assert_eq!(post(&bench, LOGOUT, &logout).await.code(), "23025");
    let requests = bench.simulator.requests();
    let executed: Vec<_> = requests
        .iter()
        .filter(|request| request.operation == Some(Operation::LogOut))
        .map(|request| request.executed)
        .collect();
    assert_eq!(executed, [true, false]);
}

#[tokio::test]
async fn each_kind_of_invalid_logout_gets_its_own_code() {
    let (bench, login) = start_with(|_| ()).await;
    let (_, session) = log_in(&bench, &login).await;
    let token = &session["authToken"];
    let valid = body(&login, token, now());
    for missing in ["username", "integrationKey", "unixTimestamp", "authToken", "hmac"] {
        let mut body = valid.clone();
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(post(&bench, LOGOUT, &body).await.code(), "10002", "{missing}");
    }
    let mut forged = valid.clone();
    forged["hmac"] = json!("0");
    assert_eq!(post(&bench, LOGOUT, &forged).await.code(), "23022");
    assert_eq!(post(&bench, LOGOUT, &body(&login, token, now() - 3600)).await.code(), "23023");
    assert_eq!(post(&bench, LOGOUT, &body(&Login::fresh(), token, now())).await.code(), "23024");
    bench.simulator.set_obstacle(Obstacle::UntrustedAddress);
    assert_eq!(post(&bench, LOGOUT, &valid).await.code(), "23020");
    bench.simulator.set_obstacle(None);
    assert_eq!(bench.simulator.live_sessions(), 1);
    assert_eq!(post(&bench, LOGOUT, &valid).await.code(), "0");
}
