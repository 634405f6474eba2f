//! Input that CENTAGATE tolerates, and the servlet container's replies to other requests.

use serde_json::json;

use crate::bench::{Bench, CREATE_USER, REGISTER_OTP_TOKEN};
use crate::client::send;

#[tokio::test]
async fn any_content_type_or_none_is_accepted() {
    let bench = Bench::start().await;
    let body = bench.registration("bob").to_string();
    let address = bench.simulator.address();
    let mut expected = "0";
    for headers in [
        &[][..],
        &["Content-Type: text/plain"],
        &["Content-Type: */*"],
        &["Content-Type: nonsense"],
        &["Content-Type: application/x-www-form-urlencoded"],
    ] {
        let answer = send(address, "PUT", CREATE_USER, headers, body.as_bytes()).await;
        assert_eq!(answer.code(), expected, "{headers:?}");
        expected = "22025";
    }
}

#[tokio::test]
async fn a_trailing_slash_is_accepted() {
    let bench = Bench::start().await;
    let path = format!("{CREATE_USER}/");
    let answer = bench.put(&path, &bench.registration("bob")).await;
    assert_eq!(answer.code(), "0");
    let path = format!("{REGISTER_OTP_TOKEN}/");
    let answer = bench.put(&path, &bench.token("bob")).await;
    assert_eq!(answer.code(), "0");
}

#[tokio::test]
async fn numbers_and_booleans_are_read_as_text() {
    let bench = Bench::with_alice().await;
    let changes = json!({"roles": 4, "userApp": 1.5, "firstName": true, "userAdditionalData1": 7});
    assert_eq!(bench.code_with(changes).await, "0");
    let user = bench.simulator.user("bob").unwrap();
    assert_eq!((user.role.as_str(), user.app.as_str()), ("4", "1.5"));
    assert_eq!(user.first_name, "true");
    assert_eq!(user.additional_data[0].as_deref(), Some("7"));
    let changes = json!({"status": 1, "validity": 60, "more": {"unknown": []}});
    assert_eq!(bench.token_code_with(changes).await, "0");
}

#[tokio::test]
async fn a_body_that_is_not_a_json_object_gets_invalid_input() {
    let bench = Bench::start().await;
    let address = bench.simulator.address();
    let deep = "[".repeat(10_000);
    for body in ["", "{", "[]", "null", "\"text\"", "a=b", "{\"a\":1}x", &deep] {
        for path in [CREATE_USER, REGISTER_OTP_TOKEN] {
            let answer = send(address, "PUT", path, &[], body.as_bytes()).await;
            assert_eq!(answer.code(), "10002", "{path}");
        }
    }
    let bytes = b"{\"cenToken\":\"\xff\"}";
    let answer = send(address, "PUT", CREATE_USER, &[], bytes).await;
    assert_eq!(answer.code(), "10001");
}

#[tokio::test]
async fn an_unknown_path_gets_the_html_page_of_a_servlet_container() {
    let bench = Bench::start().await;
    let too_deep = format!("{CREATE_USER}/more");
    for path in [
        "/",
        "/CentagateWS",
        "/CentagateWS/webresources/user/registerUserActivate",
        "/CentagateWS/webresources/user/registerUserActivate/",
        "/CentagateWS/webresources/user//admin",
        "/v2/CentagateWS/webresources/user/registerUserActivate/admin",
        "/centagatews/webresources/user/registerUserActivate/admin",
        &too_deep,
    ] {
        let answer = bench.put(path, &bench.registration("bob")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("Content-Type").unwrap().starts_with("text/html"));
        assert!(answer.body.contains("HTTP Status 404 - Not Found"));
    }
}

#[tokio::test]
async fn a_wrong_method_gets_405() {
    let bench = Bench::start().await;
    for method in ["GET", "POST", "DELETE", "PATCH", "BREW"] {
        let answer = send(bench.simulator.address(), method, CREATE_USER, &[], b"{}").await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("Allow"), Some("PUT"));
        assert!(answer.body.contains("<html>"));
    }
}
