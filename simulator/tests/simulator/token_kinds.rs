//! The calls that name a token by its kind, and the registration of certificates.

use std::time::SystemTime;

use centagate_simulator::{BoundToken, Certificate, Tokens, User};
use serde_json::{Value, json};

use crate::bench::Bench;

/// A simulator whose user `bob` has a token of every kind.
async fn with_bob() -> Bench {
    let bench = Bench::with_alice().await;
    let token = |sn: &str| Some(BoundToken { sn: sn.to_owned(), status: "1".to_owned() });
    let tokens = Tokens { sms: token("+60123456789"), challenge: token("CR1"), ..Tokens::default() };
    bench.simulator.add_user(User { tokens, certificates: vec![Certificate::default()], ..User::new("bob") });
    assert!(bench.simulator.bind_token("bob"));
    bench
}

async fn read(bench: &Bench, username: &str, kind: &str) -> (Value, Value) {
    let answer = bench.call("token/getStatus", json!({"username": username, "type": kind})).await;
    (answer.code(), answer.object())
}

#[tokio::test]
async fn set_token_status_changes_what_get_token_status_reads() {
    let bench = with_bob().await;
    for kind in ["1", "2", "3", "4"] {
        assert_eq!(read(&bench, "bob", kind).await, (json!("0"), json!("2")), "{kind}");
        for status in ["1", "3", "4", "2"] {
            let body = json!({"username": "bob", "type": kind, "status": status});
            let answer = bench.call("token/update/token/status", body).await;
            assert_eq!((answer.code(), answer.object()), (json!("0"), json!("")));
            assert_eq!(read(&bench, "bob", kind).await, (json!("0"), json!(status)), "{kind}");
        }
        assert_eq!(read(&bench, "alice", kind).await, (json!("0"), json!("")), "{kind}");
        let body = json!({"username": "alice", "type": kind, "status": "2"});
        assert_eq!(bench.call("token/update/token/status", body).await.code(), "29001");
    }
    assert_eq!(bench.simulator.executions(), 16);
}

#[tokio::test]
async fn the_calls_by_kind_refuse_unknown_users_kinds_and_statuses() {
    let bench = with_bob().await;
    for (path, username, kind, status, code) in [
        ("token/getStatus", "nobody", "1", "", "22002"),
        ("token/getStatus", "bob", "5", "", "10002"),
        ("token/update/token/status", "nobody", "1", "1", "22002"),
        ("token/update/token/status", "bob", "0", "1", "10002"),
        ("token/update/token/status", "bob", "1", "5", "10002"),
        ("token/unregisterActiveToken", "nobody", "1", "", "22002"),
        ("token/unregisterActiveToken", "bob", "5", "", "10002"),
    ] {
        let body = json!({"username": username, "type": kind, "status": status});
        assert_eq!(bench.call(path, body).await.code(), code, "{path} {username} {kind} {status}");
    }
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn unregister_token_unbinds_one_kind() {
    let bench = with_bob().await;
    for (kind, missing) in [("1", "36000"), ("2", "29001"), ("3", "29013"), ("4", "26011")] {
        let unregister =
            async || bench.call("token/unregisterActiveToken", json!({"username": "bob", "type": kind})).await;
        let answer = unregister().await;
        assert_eq!((answer.code(), answer.object()), (json!("0"), json!("")));
        assert_eq!(unregister().await.code(), missing);
        assert_eq!(read(&bench, "bob", kind).await.1, "");
    }
    let object = bench.get_user(&bench.user_query("bob")).await.object();
    let object: Value = serde_json::from_str(object.as_str().unwrap()).unwrap();
    assert_eq!(object, json!({"tokenList": [], "certList": [], "device": null}));
}

#[tokio::test]
async fn register_certificate_binds_one_certificate_to_an_active_user() {
    let bench = Bench::with_alice().await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let code = async |name: &str, value: &str| {
        let mut body = json!({
            "username": "alice", "signature": "MIIB", "algorithm": "1", "timestamp": now.to_string(), "status": "1",
        });
        body[name] = value.into();
        bench.call("cert/register/pkcs7", body).await.code()
    };
    for (name, value) in [("signature", "?"), ("algorithm", "4"), ("timestamp", "1700000000000"), ("status", "5")] {
        assert_eq!(code(name, value).await, "10002", "{name}");
    }
    assert_eq!(code("username", "nobody").await, "22002");
    assert!(bench.simulator.set_user_active("alice", false));
    assert_eq!(code("algorithm", "").await, "22004");
    assert!(bench.simulator.set_user_active("alice", true));
    assert_eq!(code("algorithm", "").await, "0");
    assert_eq!(code("algorithm", "1").await, "22027");
    assert_eq!(read(&bench, "alice", "4").await.1, "1");
    let user = bench.simulator.user("alice").unwrap();
    assert_eq!((user.certificates.len(), &*user.certificates[0].subject_dn), (1, "CN=alice"));
}
