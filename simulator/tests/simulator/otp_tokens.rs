//! The calls for SMS tokens, hardware tokens and offline tokens.

use centagate_simulator::{BoundToken, Operation, Secret, Tokens, User};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::client::Answer;

async fn register(bench: &Bench, token_type: &str, username: &str, sn: &str) -> Answer {
    let body = json!({"username": username, "tokenType": token_type, "tokenSn": sn});
    bench.call("token/registerActiveToken", body).await
}

fn parsed(answer: &Answer) -> Value {
    assert_eq!(answer.code(), "0");
    serde_json::from_str(answer.object().as_str().unwrap()).unwrap()
}

async fn token_list(bench: &Bench, username: &str) -> Value {
    parsed(&bench.get_user(&bench.user_query(username)).await)["tokenList"].clone()
}

/// A user with an OTP token of this status.
fn holder(status: &str) -> User {
    let hardware = Some(BoundToken { sn: "HW1".into(), status: status.into() });
    User { tokens: Tokens { hardware, ..Tokens::default() }, ..User::new("bob") }
}

#[tokio::test]
async fn register_sms_token_binds_a_number_that_no_other_user_has() {
    let bench = Bench::with_alice().await;
    bench.simulator.add_user(User { first_name: "Bo".into(), last_name: "Li".into(), ..User::new("bob") });
    let answer = register(&bench, "1", "bob", "+60123456789").await;
    let expected = json!({
        "boundUser": "bob", "boundUserFirtName": "Bo", "boundUserLastName": "Li", "boundMobileDefault": "1",
        "boundTokenStatus": "1",
    });
    assert_eq!(parsed(&answer), expected);
    assert_eq!(token_list(&bench, "bob").await, json!([{"sn": "+60123456789", "type": "1", "status": "1"}]));
    assert_eq!(register(&bench, "1", "alice", "+60123456789").await.code(), "29004");
    assert_eq!(register(&bench, "1", "nobody", "+60123456780").await.code(), "22002");
    assert_eq!(register(&bench, "1", "bob", "+60123456780").await.code(), "0");
    assert_eq!(register(&bench, "1", "alice", "+60123456789").await.code(), "0");
}

#[tokio::test]
async fn register_hardware_token_takes_a_token_from_the_stock() {
    let bench = Bench::with_alice().await;
    bench.simulator.add_user(User::new("bob"));
    bench.simulator.add_to_stock("HW1");
    bench.simulator.add_to_stock("HW2");
    assert_eq!(register(&bench, "2", "nobody", "HW1").await.code(), "22002");
    let object = parsed(&register(&bench, "2", "alice", "HW1").await);
    assert_eq!((&object["boundMobileDefault"], &object["boundTokenStatus"]), (&json!("0"), &json!("1")));
    assert_eq!(token_list(&bench, "alice").await, json!([{"sn": "HW1", "type": "2", "status": "1"}]));
    assert_eq!(register(&bench, "2", "alice", "HW2").await.code(), "29008");
    assert_eq!(register(&bench, "2", "bob", "HW1").await.code(), "29017");
    assert_eq!(register(&bench, "2", "bob", "HW3").await.code(), "29001");
    let added = bench.simulator.address();
    let added =
        crate::client::send(added, "POST", "/simulator/stock", &["Content-Type: application/json"], br#""HW3""#);
    assert_eq!(added.await.status, 204);
    assert_eq!(register(&bench, "2", "bob", "HW3").await.code(), "0");
}

#[tokio::test]
async fn the_token_type_selects_the_operation() {
    let bench = Bench::with_alice().await;
    for (token_type, operation) in [
        ("1", Operation::RegisterSmsToken),
        ("2", Operation::RegisterHardwareToken),
        ("3", Operation::RegisterSmsToken),
    ] {
        let code = register(&bench, token_type, "nobody", "1").await.code();
        assert_eq!(code, if token_type == "3" { "10002" } else { "22002" });
        assert_eq!(bench.simulator.requests().pop().unwrap().operation, Some(operation));
    }
}

#[tokio::test]
async fn unlock_hardware_token_unlocks_a_locked_token() {
    let bench = Bench::with_alice().await;
    let code = async |username: &str| bench.call("token/unlockToken", json!({"username": username})).await.code();
    for (locked, unlocked) in [("2", "1"), ("4", "3")] {
        bench.simulator.add_user(holder(locked));
        assert_eq!(code("bob").await, "0");
        assert_eq!(
            bench.simulator.user("bob").unwrap(),
            User { id: bench.simulator.user("bob").unwrap().id, ..holder(unlocked) }
        );
        assert_eq!(code("bob").await, "29017");
    }
    assert_eq!(code("alice").await, "29001");
    assert_eq!(code("nobody").await, "22002");
}

#[tokio::test]
async fn sync_hardware_token_accepts_two_different_codes_for_an_active_token() {
    let bench = Bench::with_alice().await;
    let code = async |username: &str, first: &str, second: &str| {
        let body = json!({"username": username, "otpStr1": first, "otpStr2": second});
        bench.call("token/syncToken", body).await.code()
    };
    for (status, expected) in [("0", "29002"), ("1", "0"), ("2", "29002"), ("3", "29002"), ("4", "29002")] {
        bench.simulator.add_user(holder(status));
        assert_eq!(code("bob", "123456", "654321").await, expected, "{status}");
    }
    bench.simulator.add_user(holder("1"));
    assert_eq!(code("bob", "123456", "123456").await, "54002");
    assert_eq!(code("alice", "123456", "654321").await, "29001");
    assert_eq!(code("nobody", "123456", "654321").await, "22002");
}

#[tokio::test]
async fn register_offline_token_answers_the_key_of_a_new_otp_token() {
    let bench = Bench::with_alice().await;
    let register = async |username: &str| bench.call("token/register/otp/offline", json!({"username": username})).await;
    let object = parsed(&register("alice").await);
    let user = bench.simulator.user("alice").unwrap();
    let Secret(key) = user.tokens.offline_key.clone().unwrap();
    assert_eq!(object, json!({"key": key}));
    assert!(!format!("{user:?}").contains(&key));
    let sn = format!("OFFLINE{}", user.id);
    assert_eq!(token_list(&bench, "alice").await, json!([{"sn": sn, "type": "2", "status": "1"}]));
    assert_eq!(register("alice").await.code(), "29008");
    assert_eq!(register("nobody").await.code(), "22002");
}
