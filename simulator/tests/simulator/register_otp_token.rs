//! `registerOtpToken`: every return code that follows from the state or the input.

use serde_json::{Value, json};

use crate::bench::Bench;

#[tokio::test]
async fn a_token_registration_returns_json_text_in_a_string() {
    let bench = Bench::with_alice().await;
    let answer = bench.register_otp_token(&bench.token("alice")).await;
    assert_eq!(answer.code(), "0");
    let object: Value = serde_json::from_str(answer.object().as_str().unwrap()).unwrap();
    let token = bench.simulator.user("alice").unwrap().tokens.mobile.unwrap();
    assert_eq!(object, json!({"qr": token.qr, "passcode": token.passcode}));
    assert_eq!(bench.simulator.last_passcode("alice"), Some(token.passcode.clone()));
    assert!(token.passcode.len() == 8 && token.passcode.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!((token.status.as_str(), token.validity_seconds), ("2", 300));
    assert!(!format!("{token:?}").contains(&token.passcode));
    assert!(!format!("{token:?}").contains(&token.qr));
    assert_eq!(bench.simulator.executions(), 1);
}

#[tokio::test]
async fn the_status_and_the_validity_are_stored() {
    let bench = Bench::with_alice().await;
    for status in ["1", "2", "3", "4"] {
        let changes = json!({"status": status, "validity": "86400"});
        assert_eq!(bench.token_code_with(changes).await, "0");
        let token = bench.simulator.user("alice").unwrap().tokens.mobile.unwrap();
        assert_eq!((token.status.as_str(), token.validity_seconds), (status, 86400));
        assert!(bench.simulator.unbind_token("alice"));
    }
    assert_eq!(bench.token_code_with(json!({"validity": ""})).await, "0");
}

#[tokio::test]
async fn each_refusal_follows_from_the_state() {
    let bench = Bench::with_alice().await;
    let nobody = json!({"username": "nobody"});
    assert_eq!(bench.token_code_with(nobody).await, "22002");
    assert!(bench.simulator.set_user_active("alice", false));
    assert_eq!(bench.token_code_with(json!({})).await, "22004");
    assert!(bench.simulator.set_user_active("alice", true));
    assert!(bench.simulator.bind_token("alice"));
    assert_eq!(bench.token_code_with(json!({})).await, "22027");
    assert!(!bench.simulator.bind_token("nobody"));
    assert!(!bench.simulator.unbind_token("nobody"));
    assert!(!bench.simulator.set_user_active("nobody", true));
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn invalid_input_is_refused() {
    let bench = Bench::with_alice().await;
    for required in ["username", "status", "cenToken"] {
        for wrong in [json!(null), json!(""), json!(" "), json!([]), json!({})] {
            let code = bench.token_code_with(json!({required: wrong})).await;
            assert_eq!(code, "10002", "{required} {wrong}");
        }
    }
    for status in ["0", "5", "02", "valid"] {
        let code = bench.token_code_with(json!({"status": status})).await;
        assert_eq!(code, "10002", "{status}");
    }
    for validity in ["0", "-1", "1.5", "soon", " ", "300 "] {
        let code = bench.token_code_with(json!({"validity": validity})).await;
        assert_eq!(code, "10002", "{validity}");
    }
}
