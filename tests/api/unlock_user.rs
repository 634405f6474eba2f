//! `POST /users/{id}/unlock`: locked and unlocked users, and requests without a body.

use serde_json::json;

use crate::callers;
use crate::gateway::TestGateway;
use crate::raw;

#[tokio::test]
async fn a_locked_user_is_unlocked_once() {
    let gateway = TestGateway::start().await;
    gateway.simulator.set_user_locked("bob", true);
    let unlock = async || gateway.send(gateway.post("/users/bob/unlock", &json!({}))).await;
    let reply = unlock().await;
    assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.text());
    assert!(!gateway.simulator.user("bob").unwrap().locked);
    let problem = unlock().await.problem("user_not_locked");
    assert_eq!((&problem["upstreamCode"], &problem["outcome"]), (&json!(22016), &json!("notExecuted")));
    gateway.send(gateway.post("/users/nobody/unlock", &json!({}))).await.problem("user_not_found");
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn the_request_needs_no_body_and_no_media_type() {
    let gateway = TestGateway::start().await;
    let authorization = format!("Authorization: Bearer {}\r\n", callers::EVERYTHING);
    let none = raw::request("POST", "/users/bob/unlock", &authorization, b"");
    let head = format!("POST /users/bob/unlock HTTP/1.1\r\nHost: gateway\r\n{authorization}");
    for request in [
        none,
        format!("{head}\r\n").into_bytes(),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into_bytes(),
    ] {
        gateway.simulator.set_user_locked("bob", true);
        let reply = raw::exchange(gateway.address, &request).await;
        assert_eq!(reply.status, 204, "{}", String::from_utf8_lossy(&request));
    }
    let text = format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n");
    raw::exchange(gateway.address, text.as_bytes()).await.problem("unsupported_media_type");
    gateway.send(gateway.post("/users/bob/unlock", &json!({ "reason": "asked" }))).await.problem("invalid_request");
    assert_eq!(gateway.simulator.requests().len(), 3);
}
