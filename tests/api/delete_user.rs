//! `DELETE /users/{id}`: the user and its tokens are removed, and a body is a fault.

use reqwest::Method;

use crate::callers;
use crate::gateway::TestGateway;
use crate::raw;
use crate::reply::Reply;

async fn delete(gateway: &TestGateway, id: &str) -> Reply {
    let request = gateway.request(Method::DELETE, &format!("/users/{id}"));
    gateway.send(request.bearer_auth(callers::EVERYTHING)).await
}

#[tokio::test]
async fn a_user_with_tokens_is_deleted_once() {
    let gateway = TestGateway::start().await;
    gateway.simulator.bind_token("bob");
    let reply = delete(&gateway, "bob").await;
    assert_eq!((reply.status, reply.body.len()), (204, 0), "{}", reply.text());
    assert!(gateway.simulator.user("bob").is_none());
    let members = gateway.simulator.requests()[0].members.clone();
    assert_eq!((members.len(), &members["username"]), (2, &"bob".into()));
    let problem = delete(&gateway, "bob").await.problem("user_not_found");
    assert_eq!((&problem["upstreamCode"], &problem["outcome"]), (&22002.into(), &"notExecuted".into()));
    gateway.get_user("bob").await.problem("user_not_found");
    assert_eq!(gateway.simulator.executions(), 1);
}

#[tokio::test]
async fn a_body_is_a_fault_and_no_media_type_is_required() {
    let gateway = TestGateway::start().await;
    let authorization = format!("Authorization: Bearer {}\r\n", callers::EVERYTHING);
    let head = format!("DELETE /users/bob HTTP/1.1\r\nHost: gateway\r\n{authorization}");
    for request in [
        raw::request("DELETE", "/users/bob", &raw::usual_headers(), b"{}"),
        raw::request("DELETE", "/users/bob", &authorization, b"x"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n").into_bytes(),
    ] {
        let reply = raw::exchange(gateway.address, &request).await;
        assert_eq!(reply.faults(), [""], "{}", String::from_utf8_lossy(&request));
    }
    assert!(gateway.simulator.requests().is_empty());
    let reply = raw::exchange(gateway.address, format!("{head}\r\n").as_bytes()).await;
    assert_eq!(reply.status, 204, "{}", reply.text());
}

#[tokio::test]
async fn only_callers_with_users_delete_may_delete_a_user() {
    let gateway = TestGateway::start().await;
    for scope in ["users:create", "users:update", "users:status", "admins:create"] {
        let request = gateway.request(Method::DELETE, "/users/bob").bearer_auth(callers::only(scope));
        gateway.send(request).await.problem("forbidden");
    }
    assert!(gateway.simulator.user("bob").is_some());
}
