//! The cenToken and the session behind it. The test vectors were made with `openssl dgst -sha256 -hmac`.

use centagate_simulator::{Admin, Config, Simulator, cen_token};
use serde_json::json;

use crate::bench::{Bench, CREATE_USER};

#[test]
fn the_cen_token_equals_known_vectors() {
    assert_eq!(
        cen_token("admin", "TOKEN+/=", "Secret0123456789"),
        "fcd7a42c7fd40c7a4330fb647b5e53d23f487a8e8180ff69e60254802d7b8607"
    );
    assert_eq!(
        cen_token("müller@exämple.org", "日本Zm9v/+==", "Schlüssel€"),
        "c3378c6668c6d0627f0664e700a9463bec330e53674c21f706bb5b720232a98c"
    );
}

#[tokio::test]
async fn a_request_with_the_known_vector_is_accepted() {
    let bench = Bench::start().await;
    let admin = Admin {
        username: "müller@exämple.org".to_owned(),
        auth_token: "日本Zm9v/+==".to_owned(),
        secret_code: "Schlüssel€".to_owned(),
    };
    let simulator = Simulator::start(Config::new(admin.clone())).await.unwrap();
    let mut body = bench.registration("bob");
    body["cenToken"] = json!("c3378c6668c6d0627f0664e700a9463bec330e53674c21f706bb5b720232a98c");
    let bench = Bench { simulator, admin };
    let path = "/CentagateWS/webresources/user/registerUserActivate/m%C3%BCller%40ex%c3%a4mple.org";
    assert_eq!(bench.put(path, &body).await.code(), "0");
}

#[tokio::test]
async fn a_wrong_cen_token_is_not_permitted() {
    let bench = Bench::with_alice().await;
    let valid = bench.cen_token();
    let wrong = [
        valid.to_uppercase(),
        valid[1..].to_owned(),
        "0".repeat(64),
        cen_token("alice", &bench.admin.auth_token, &bench.admin.secret_code),
        cen_token("admin", &bench.admin.secret_code, &bench.admin.auth_token),
    ];
    for token in wrong {
        assert_eq!(bench.code_with(json!({"cenToken": token})).await, "10001");
        let code = bench.token_code_with(json!({"cenToken": token})).await;
        assert_eq!(code, "10001");
    }
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn a_different_admin_name_in_the_path_is_not_permitted() {
    let bench = Bench::start().await;
    for name in ["Admin", "alice", "admin%20", "%2561dmin", "%FF"] {
        let path = CREATE_USER.replace("admin", name);
        let answer = bench.put(&path, &bench.registration("bob")).await;
        assert_eq!(answer.code(), "10001", "{name}");
    }
}

#[tokio::test]
async fn the_name_in_the_path_is_decoded_once() {
    let bench = Bench::start().await;
    let path = CREATE_USER.replace("/admin", "/%61dm%69n");
    let answer = bench.put(&path, &bench.registration("bob")).await;
    assert_eq!(answer.code(), "0");
    let slash = Bench::named("a/b%41").await;
    let path = CREATE_USER.replace("/admin", "/a%2Fb%2541");
    let answer = slash.put(&path, &slash.registration("bob")).await;
    assert_eq!(answer.code(), "0");
}

#[tokio::test]
async fn no_request_is_accepted_after_the_session_expires_until_there_is_a_new_one() {
    let bench = Bench::start().await;
    bench.simulator.expire_session();
    assert_eq!(bench.code_with(json!({})).await, "10001");
    bench.simulator.set_session("new token", "new secret");
    assert_eq!(bench.code_with(json!({})).await, "10001");
    let token = cen_token("admin", "new token", "new secret");
    assert_eq!(bench.code_with(json!({"cenToken": token})).await, "0");
}

#[tokio::test]
async fn added_sessions_are_live_at_the_same_time() {
    let bench = Bench::start().await;
    bench.simulator.add_session("new token", "new secret");
    let token = cen_token("admin", "new token", "new secret");
    assert_eq!(bench.code_with(json!({"cenToken": token})).await, "0");
    assert_eq!(bench.code_with(json!({})).await, "22025");
}

#[tokio::test]
async fn an_empty_session_signs_no_request() {
    let bench = Bench::start().await;
    bench.simulator.set_session("", "");
    let token = cen_token("admin", "", "");
    assert_eq!(bench.code_with(json!({"cenToken": token})).await, "10001");
}

#[test]
fn debug_output_of_an_admin_contains_no_secret() {
    let admin = Admin::with_fresh_session("admin");
    let shown = format!("{admin:?} {:?}", Config::new(admin.clone()));
    assert!(shown.contains("admin"));
    assert!(!shown.contains(&admin.auth_token) && !shown.contains(&admin.secret_code));
}
