//! The HTTP interface for other processes.

use centagate_simulator::{Login, cen_token};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::client::{Answer, send};
use crate::log_in::{log_in, start_with};

async fn control(bench: &Bench, method: &str, path: &str, body: Value) -> Answer {
    let path = format!("/simulator/{path}");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(bench.simulator.address(), method, &path, &[], body.as_bytes()).await
}

#[tokio::test]
async fn a_health_check_is_answered_and_not_recorded() {
    let bench = Bench::start().await;
    let answer = control(&bench, "GET", "health", Value::Null).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "ok"})));
    assert_eq!(control(&bench, "GET", "nothing", Value::Null).await.status, 404);
    assert!(bench.simulator.requests().is_empty());
}

#[tokio::test]
async fn instructions_can_be_added_and_cleared() {
    let bench = Bench::start().await;
    for behaviour in [
        json!({"delayMs": 1}),
        json!({"code": {"code": 10003, "message": "DB"}}),
        json!({"reply": {"status": 503, "contentType": "text/html", "headers": [["X-A", "b"]], "body": "<p>"}}),
        json!({"reply": {"status": 500}}),
        json!({"object": {"a": 1}}),
        json!({"envelope": {"code": "9"}}),
        json!("cutBeforeReply"),
        json!("cutWithoutExecuting"),
    ] {
        let instruction = json!({"operation": "createUser", "times": 1, "behaviour": behaviour});
        let answer = control(&bench, "POST", "instructions", instruction).await;
        assert_eq!(answer.status, 204, "{behaviour}: {}", answer.body);
    }
    assert_eq!(bench.code_with(json!({})).await, 10003);
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert_eq!((answer.status, answer.body.as_str()), (503, "<p>"));
    assert_eq!(answer.header("x-a"), Some("b"));
    assert_eq!(bench.create_user(&bench.registration("bob")).await.status, 500);
    let answer = bench.create_user(&bench.registration("bob")).await;
    assert_eq!(answer.object(), json!({"a": 1}));
    assert_eq!(bench.code_with(json!({})).await, "9");
    control(&bench, "DELETE", "instructions", Value::Null).await;
    assert_eq!(bench.code_with(json!({})).await, "22025");
    for wrong in [json!({}), json!({"behaviour": "dance"}), json!({"behaviour": {"hold": {}}})] {
        assert_eq!(control(&bench, "POST", "instructions", wrong).await.status, 400);
    }
}

#[tokio::test]
async fn recorded_requests_can_be_listed() {
    let bench = Bench::start().await;
    bench.create_user(&bench.registration("bob")).await;
    let requests = control(&bench, "GET", "requests", Value::Null).await.json();
    assert_eq!(requests.as_array().unwrap().len(), 1);
    assert_eq!(requests[0]["operation"], "createUser");
    assert_eq!(requests[0]["members"]["username"], "bob");
    assert_eq!(requests[0]["body"], bench.registration("bob").to_string());
    assert_eq!((&requests[0]["code"], &requests[0]["executed"]), (&json!("0"), &json!(true)));
}

#[tokio::test]
async fn groups_users_and_tokens_can_be_added() {
    let bench = Bench::start().await;
    control(&bench, "POST", "groups", json!({"name": "Sales"})).await;
    assert_eq!(bench.code_with(json!({"userGroup": "Sales"})).await, "0");
    let alice = json!({"username": "alice", "email": "alice@example.com"});
    let answer = control(&bench, "POST", "users", alice).await;
    assert_eq!(answer.json()["id"], bench.simulator.user("alice").unwrap().id);
    assert!(bench.simulator.user("alice").unwrap().active);
    assert_eq!(control(&bench, "POST", "users/alice/active", json!(false)).await.status, 204);
    assert_eq!(bench.token_code_with(json!({})).await, "22004");
    control(&bench, "POST", "users/alice/active", json!(true)).await;
    assert_eq!(control(&bench, "POST", "users/alice/token", Value::Null).await.status, 204);
    assert_eq!(bench.token_code_with(json!({})).await, "22027");
    assert_eq!(control(&bench, "DELETE", "users/alice/token", Value::Null).await.status, 204);
    assert_eq!(bench.token_code_with(json!({})).await, "0");
    let users = control(&bench, "GET", "users", Value::Null).await.json();
    let alice = users.as_array().unwrap().iter().find(|user| user["username"] == "alice").unwrap();
    assert_eq!(alice["tokens"]["mobile"]["passcode"].as_str(), bench.simulator.last_passcode("alice").as_deref());
    assert_eq!(control(&bench, "POST", "users/nobody/active", json!(true)).await.status, 404);
}

#[tokio::test]
async fn users_can_be_locked_and_unlocked() {
    let bench = Bench::with_alice().await;
    let locked = || bench.simulator.user("alice").unwrap().locked;
    assert!(!locked());
    for wanted in [true, true, false] {
        assert_eq!(control(&bench, "POST", "users/alice/locked", json!(wanted)).await.status, 204);
        assert_eq!(locked(), wanted);
    }
    assert!(bench.simulator.set_user_locked("alice", true));
    let users = control(&bench, "GET", "users", Value::Null).await.json();
    let alice = users.as_array().unwrap().iter().find(|user| user["username"] == "alice").unwrap();
    assert_eq!((&alice["locked"], &alice["active"]), (&json!(true), &json!(true)));
    assert_eq!(control(&bench, "POST", "users/alice/locked", json!("yes")).await.status, 400);
    assert_eq!(control(&bench, "POST", "users/nobody/locked", json!(true)).await.status, 404);
    assert!(!bench.simulator.set_user_locked("nobody", true));
}

#[tokio::test]
async fn the_complete_state_of_a_user_can_be_read() {
    let bench = Bench::with_alice().await;
    let show = async |username: &str| control(&bench, "GET", &format!("users/{username}"), Value::Null).await;
    let alice = show("alice").await.json();
    assert_eq!((&alice["email"], &alice["passwordSet"]), (&json!("alice@example.com"), &json!(false)));
    assert_eq!((&alice["tokens"]["mobile"], &alice["waitingChanges"]), (&Value::Null, &json!([])));
    bench.simulator.add_to_stock("HW1");
    for (path, body) in [
        ("user/status/update", json!({"username": "alice", "status": "0"})),
        ("password/resetbyusername", json!({"username": "alice", "newPassword": "correct horse"})),
        ("token/registerActiveToken", json!({"username": "alice", "tokenType": "1", "tokenSn": "+60123456789"})),
        ("token/registerActiveToken", json!({"username": "alice", "tokenType": "2", "tokenSn": "HW1"})),
        ("token/syncToken", json!({"username": "alice", "otpStr1": "1234", "otpStr2": "0000"})),
    ] {
        bench.call(path, body).await;
    }
    bench.simulator.bind_token("alice");
    bench.simulator.set_user_locked("alice", true);
    bench.simulator.set_approval_required(true);
    bench.call("user/updatebyusername", json!({"username": "alice", "city": "Ipoh"})).await;
    let alice = show("alice").await.json();
    for (pointer, expected) in [
        ("/active", json!(false)),
        ("/locked", json!(true)),
        ("/passwordSet", json!(true)),
        ("/tokens/mobile/status", json!("2")),
        ("/tokens/sms", json!({"sn": "+60123456789", "status": "1"})),
        ("/tokens/hardware", json!({"sn": "HW1", "status": "1"})),
        ("/tokens/wrongCodes", json!(1)),
        ("/tokens/offlineKey", Value::Null),
        ("/certificates", json!([])),
        ("/waitingChanges", json!([{"update": {"city": "Ipoh"}}])),
    ] {
        assert_eq!(alice.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(show("nobody").await.status, 404);
    let admin = show("admin").await.body;
    assert!(!admin.contains(&bench.admin.auth_token) && !admin.contains(&bench.admin.secret_code), "{admin}");
}

#[tokio::test]
async fn waiting_changes_can_be_approved_or_rejected() {
    let bench = Bench::start().await;
    let status = async |path: &str, body: Value| control(&bench, "POST", path, body).await.status;
    assert_eq!(status("settings", json!({"approvalRequired": true, "allowedAttempts": 3})).await, 204);
    for (approved, exists) in [(false, false), (true, true)] {
        assert_eq!(bench.code_with(json!({})).await, "0");
        let bob = control(&bench, "GET", "users/bob", Value::Null).await.json();
        assert_eq!(bob["waitingChanges"][0]["create"]["username"], "bob");
        assert_eq!(status("users/bob/approval", json!(approved)).await, 204);
        assert_eq!(bench.simulator.user("bob").is_some(), exists);
        assert_eq!(status("users/bob/approval", json!(approved)).await, 404);
    }
}

#[tokio::test]
async fn settings_and_sessions_can_be_changed() {
    let bench = Bench::start().await;
    let set = async |settings: Value| {
        let answer = control(&bench, "POST", "settings", settings).await;
        assert_eq!(answer.status, 204, "{}", answer.body);
    };
    set(json!({"userLimit": 0})).await;
    assert_eq!(bench.code_with(json!({})).await, "22013");
    set(json!({"companyExists": false})).await;
    assert_eq!(bench.code_with(json!({})).await, "20002");
    set(json!({"licenceValid": false, "userLimit": null})).await;
    assert_eq!(bench.code_with(json!({})).await, "27001");
    set(json!({"licenceValid": true, "companyExists": true})).await;
    control(&bench, "DELETE", "session", Value::Null).await;
    assert_eq!(bench.code_with(json!({})).await, "10001");
    let session = json!({"authToken": "t", "secretCode": "s"});
    control(&bench, "POST", "session", session).await;
    let token = cen_token("admin", "t", "s");
    assert_eq!(bench.code_with(json!({"cenToken": token})).await, "0");
    let unknown = json!({"licenseValid": true});
    assert_eq!(control(&bench, "POST", "settings", unknown).await.status, 400);
}

#[tokio::test]
async fn the_result_of_logins_can_be_controlled() {
    let (bench, _) = start_with(|_| ()).await;
    let login = Login::fresh();
    let Login { password, integration_key, app_secret_key, .. } = &login;
    let credentials = json!({"password": password, "integrationKey": integration_key, "appSecretKey": app_secret_key});
    assert_eq!(control(&bench, "POST", "login", credentials).await.status, 204);
    for (obstacle, expected) in [
        (json!("untrustedAddress"), "23020"),
        (json!("groupNotAllowed"), "23021"),
        (json!({"secondFactor": {"authMethods": "OTP"}}), "0"),
        (json!("passwordExpired"), "0"),
        (json!("systemPassword"), "0"),
        (json!(null), "0"),
    ] {
        let answer = control(&bench, "POST", "settings", json!({"obstacle": obstacle})).await;
        assert_eq!(answer.status, 204, "{obstacle}: {}", answer.body);
        assert_eq!(log_in(&bench, &login).await.0, expected, "{obstacle}");
    }
    assert_eq!(bench.simulator.logins(), 1);
    let settings = json!({
        "sessionTimeoutMs": 5000, "reportSessionTimeout": true, "singleSession": true, "registrationDenial": "20002",
    });
    assert_eq!(control(&bench, "POST", "settings", settings).await.status, 204);
    assert_eq!(log_in(&bench, &login).await.1["sessionTimeout"], "5000");
    assert_eq!(bench.code_with(json!({})).await, "20002");
    control(&bench, "POST", "settings", json!({"clockSkewSeconds": 1000})).await;
    assert_eq!(log_in(&bench, &login).await.0, "23023");
    control(&bench, "POST", "settings", json!({"clockSkewSeconds": 0})).await;
    let wrong = Login { password: "wrong".to_owned(), ..login };
    for _ in 0..5 {
        assert_eq!(log_in(&bench, &wrong).await.0, "23001");
    }
    let account = json!({"locked": true, "wrongPasswords": 5, "liveSessions": 1, "logins": 2, "executions": 0});
    assert_eq!(control(&bench, "GET", "account", Value::Null).await.json(), account);
    assert_eq!(control(&bench, "DELETE", "lock", Value::Null).await.status, 204);
    assert!(!bench.simulator.is_locked());
    let unknown = json!({"registrationDenial": "1"});
    assert_eq!(control(&bench, "POST", "settings", unknown).await.status, 400);
}
