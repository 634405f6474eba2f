//! The calls that change or delete a user.

use centagate_simulator::{BoundToken, Secret, Tokens, User};
use serde_json::json;

use crate::bench::Bench;

#[tokio::test]
async fn set_user_status_activates_and_deactivates() {
    let bench = Bench::with_alice().await;
    for (status, active) in [("0", false), ("0", false), ("1", true)] {
        let answer = bench.call("user/status/update", json!({"username": "alice", "status": status})).await;
        assert_eq!((answer.code(), answer.object()), (json!("0"), json!("")));
        assert_eq!(bench.simulator.user("alice").unwrap().active, active);
    }
    for (username, status, code) in [("nobody", "1", "22002"), ("alice", "2", "10002"), ("alice", "", "10002")] {
        let answer = bench.call("user/status/update", json!({"username": username, "status": status})).await;
        assert_eq!(answer.code(), code);
    }
    assert_eq!(bench.simulator.executions(), 3);
}

#[tokio::test]
async fn delete_user_frees_the_tokens_that_were_bound_to_the_user() {
    let bench = Bench::with_alice().await;
    let sms = BoundToken { sn: "+60123456789".into(), status: "1".into() };
    let hardware = BoundToken { sn: "HW1".into(), status: "1".into() };
    let tokens = Tokens { sms: Some(sms), hardware: Some(hardware), ..Tokens::default() };
    bench.simulator.add_user(User { email: "bob@example.com".into(), tokens, ..User::new("bob") });
    let delete = async || bench.call("user/unbindAndDelete", json!({"username": "bob"})).await;
    let answer = delete().await;
    assert_eq!((answer.code(), answer.object()), (json!("0"), json!("")));
    assert_eq!(delete().await.code(), "22002");
    assert_eq!(bench.get_user(&bench.user_query("bob")).await.code(), "22002");
    assert_eq!(bench.create_user(&bench.registration("bob")).await.code(), "0");
    for (token_type, sn) in [("1", "+60123456789"), ("2", "HW1")] {
        let body = json!({"username": "alice", "tokenType": token_type, "tokenSn": sn});
        assert_eq!(bench.call("token/registerActiveToken", body).await.code(), "0", "{sn}");
    }
}

#[tokio::test]
async fn update_user_changes_the_members_that_are_present() {
    let bench = Bench::with_alice().await;
    bench.simulator.add_group("Sales");
    let body = json!({
        "username": "alice", "firstName": "Al", "lastName": null, "email": "ALICE@example.com", "city": "Ipoh", "roles": "4",
        "userGroupName": "Sales", "availApps": "app",
    });
    let answer = bench.call("user/updatebyusername", body).await;
    assert_eq!((answer.code(), answer.object()), (json!("0"), json!("")));
    let user = bench.simulator.user("alice").unwrap();
    assert_eq!((&*user.first_name, &*user.last_name, &*user.city), ("Al", "", "Ipoh"));
    assert_eq!((&*user.email, &*user.role, &*user.group, &*user.app), ("ALICE@example.com", "4", "Sales", "app"));
}

#[tokio::test]
async fn a_refused_update_user_changes_nothing() {
    let bench = Bench::with_alice().await;
    bench.simulator.add_user(User { email: "bob@example.com".into(), ..User::new("bob") });
    let before = bench.simulator.user("alice");
    let code = async |name: &str, value: &str| {
        let body = json!({"username": "alice", "firstName": "New", name: value});
        bench.call("user/updatebyusername", body).await.code()
    };
    assert_eq!(code("roles", "1").await, "10002");
    assert_eq!(code("userGroupName", "Unknown").await, "21001");
    assert_eq!(code("email", "Bob@example.com").await, "22001");
    assert_eq!(code("username", "nobody").await, "22002");
    bench.simulator.set_company_exists(false);
    assert_eq!(code("city", "Ipoh").await, "20002");
    assert_eq!(bench.simulator.user("alice"), before);
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn set_password_stores_a_password_that_differs_from_the_current_one_and_the_username() {
    let bench = Bench::with_alice().await;
    let code = async |username: &str, password: &str, notify: &str| {
        let body = json!({"username": username, "newPassword": password, "notifyUser": notify});
        bench.call("password/resetbyusername", body).await.code()
    };
    assert_eq!(code("alice", " ", "").await, "0");
    assert_eq!(code("alice", "correct horse", "false").await, "0");
    assert_eq!(code("alice", "correct horse", "false").await, "28007");
    assert_eq!(code("alice", "", "").await, "10002");
    assert_eq!(code("alice", "alice", "").await, "28011");
    assert_eq!(code("alice", "battery staple", "maybe").await, "10002");
    assert_eq!(code("nobody", "battery staple", "true").await, "22002");
    let user = bench.simulator.user("alice").unwrap();
    assert_eq!(user.password, Some(Secret("correct horse".into())));
    assert!(!format!("{user:?}").contains("horse"));
}
