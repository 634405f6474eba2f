//! Callers' credentials (401) and scopes (403), in every operation.

use crate::callers;
use crate::gateway::{Setup, TestGateway, user};
use crate::operations::{let_calls_succeed, operations};
use crate::raw;

/// Headers that do not contain exactly one known credential.
fn bad_credentials() -> Vec<String> {
    let key = callers::EVERYTHING;
    vec![
        String::new(),
        "Authorization: \r\n".into(),
        "Authorization: Bearer\r\n".into(),
        "Authorization: Bearer \r\n".into(),
        "Authorization: Bearer unknown\r\n".into(),
        format!("Authorization: {key}\r\n"),
        format!("Authorization: Basic {key}\r\n"),
        format!("Authorization: Bearer{key}\r\n"),
        format!("Authorization: Bearer {}\r\n", &key[..key.len() - 1]),
        format!("Authorization: Bearer {key}x\r\n"),
        format!("Authorization: Bearer {}\r\n", key.to_uppercase()),
        format!("Authorization: Bearer {key}, Bearer {key}\r\n"),
        format!("Authorization: Bearer {key} {key}\r\n"),
        format!("Authorization: Bearer \"{key}\"\r\n"),
        format!("Authorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\n"),
        format!("Authorization: Bearer {key}\r\nAuthorization: Bearer unknown\r\n"),
        format!("Authorization: Bearer {}\r\n", callers::EXPIRED),
        format!("X-Api-Key: {key}\r\n"),
        format!("Cookie: Authorization=Bearer {key}\r\n"),
    ]
}

#[tokio::test]
async fn a_request_without_exactly_one_known_credential_gets_401() {
    let gateway = TestGateway::start().await;
    for operation in operations() {
        let body = operation.text_of("bob");
        for headers in bad_credentials() {
            let headers = format!("{headers}Content-Type: application/json\r\n");
            let reply = raw::exchange(gateway.address, &operation.raw_request(&headers, "bob")).await;
            assert_eq!(reply.status, 401, "{} {headers}", operation.id);
            reply.problem("unauthenticated");
        }
        let query = format!("{}?access_token={}", operation.path_of("bob"), callers::EVERYTHING);
        let request = operation.raw_request_to(&query, "Content-Type: application/json\r\n", &body);
        raw::exchange(gateway.address, &request).await.problem("unauthenticated");
        let path = operation.path_of("bob");
        let head = format!("{} {path} HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer ", operation.method);
        let not_text = [head.as_bytes(), b"\xff\xfe\r\nContent-Length: 0\r\n\r\n"].concat();
        raw::exchange(gateway.address, &not_text).await.problem("unauthenticated");
    }
    assert!(gateway.simulator.requests().is_empty());
    assert!(gateway.audit_trail().lines().is_empty());
}

#[tokio::test]
async fn a_caller_without_the_scope_gets_403() {
    let gateway = TestGateway::start().await;
    let_calls_succeed(&gateway.simulator);
    for operation in operations() {
        let scope = operation.scope;
        let sent = gateway.simulator.requests().len();
        let reply = gateway.send(gateway.example_as(&callers::without(scope), operation, "bob")).await;
        let problem = reply.problem("forbidden");
        assert_eq!(reply.status, 403, "{}", operation.id);
        assert!(problem["detail"].as_str().unwrap().contains(scope), "{}: {problem}", operation.id);
        assert_eq!(gateway.simulator.requests().len(), sent, "{}", operation.id);
        let reply = gateway.send(gateway.example_as(&callers::only(scope), operation, "bob")).await;
        assert_eq!(reply.status, operation.success, "{}: {}", operation.id, reply.text());
    }
}

#[tokio::test]
async fn the_scheme_is_case_insensitive() {
    let gateway = TestGateway::start().await;
    let_calls_succeed(&gateway.simulator);
    for operation in operations() {
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let key = callers::EVERYTHING;
            let headers = format!("Authorization: {scheme} {key}\r\nContent-Type: application/json\r\n");
            let reply = raw::exchange(gateway.address, &operation.raw_request(&headers, "bob")).await;
            assert_eq!(reply.status, operation.success, "{} {scheme}: {}", operation.id, reply.text());
        }
    }
}

#[tokio::test]
async fn two_blocks_with_the_same_name_are_two_keys_of_one_caller() {
    let scopes = ["users:create"];
    let text = callers::block("shop", "old", &scopes, "") + &callers::block("shop", "new", &scopes, "");
    let gateway = Setup::new().callers(text).start().await;
    for key in ["old", "new"] {
        assert_eq!(gateway.send(gateway.post_as(key, "/users", &user(key))).await.status, 201);
    }
}
