//! Routes and methods: 404, 405, HEAD, the base path and the request id.

use centagate_simulator::{Behaviour, Instruction};
use reqwest::Method;
use serde_json::json;

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice};
use crate::operations::{allowed_methods, let_calls_succeed, operations, success};
use crate::raw;

#[tokio::test]
async fn an_unknown_path_gets_404() {
    let gateway = TestGateway::start().await;
    let fixed = [
        "/user",
        "/users/",
        "/Users",
        "//users",
        "/users/a/b",
        "/livez",
        "/readyz",
        "/metrics",
        "/docs/nothing.js",
        "/docs/../users",
        "/problems/x",
        "/v1/users",
    ];
    let derived = operations().iter().filter(|operation| operation.has_id()).flat_map(|operation| {
        let path = operation.path_of("a");
        [operation.path_with_id("a/b") + "/x", format!("{path}/"), format!("{path}/x"), format!("/v1{path}")]
    });
    for path in fixed.map(str::to_owned).into_iter().chain(derived) {
        let reply = raw::exchange(gateway.address, &raw::request("GET", &path, "", b"")).await;
        assert_eq!(reply.status, 404, "{path}");
        reply.problem("not_found");
    }
    gateway.send(gateway.post("/nowhere", &json!({}))).await.problem("not_found");
}

#[tokio::test]
async fn a_wrong_method_gets_405_with_the_allowed_methods() {
    let gateway = TestGateway::start().await;
    for operation in operations() {
        let (path, allowed) = (operation.path_of("bob"), allowed_methods(operation.path));
        let mut methods =
            vec!["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post", "get"];
        methods.retain(|method| !allowed.split(", ").any(|allowed| allowed == *method));
        for method in methods {
            let request = gateway.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
            let reply = gateway.send(request).await;
            assert_eq!((reply.status, reply.header("allow")), (405, Some(&*allowed)), "{method} {path}");
            if method != "HEAD" {
                reply.problem("method_not_allowed");
            }
        }
    }
    for path in ["/problems", "/openapi.json", "/openapi-3.0.json", "/docs", "/docs/", "/docs/index.html"] {
        let reply = gateway.send(gateway.post(path, &json!({}))).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
}

#[tokio::test]
async fn head_gets_the_reply_to_get_without_the_body() {
    let gateway = TestGateway::start().await;
    for operation in operations().iter().filter(|operation| operation.method == "GET") {
        for (behaviour, status) in [
            (Behaviour::Envelope(success()), operation.success),
            (Behaviour::code("10002"), 422),
            (Behaviour::code("10004"), 502),
        ] {
            gateway.simulator.clear_instructions();
            gateway.simulator.instruct(Instruction::always(None, behaviour));
            let get = gateway.send_example(operation, "bob").await;
            let head = gateway.request(Method::HEAD, &operation.path_of("bob")).bearer_auth(callers::EVERYTHING);
            let head = gateway.send(head).await;
            assert_eq!((get.status, head.status, head.body.len()), (status, status, 0), "{}", operation.id);
            assert_eq!(head.header("content-type"), get.header("content-type"), "{}", operation.id);
        }
        let head = gateway.request(Method::HEAD, &operation.path_of("bob"));
        assert_eq!(gateway.send(head).await.status, 401, "{}", operation.id);
    }
}

#[tokio::test]
async fn a_query_is_ignored() {
    let gateway = TestGateway::start().await;
    let_calls_succeed(&gateway.simulator);
    for operation in operations() {
        let path = operation.path_of("bob") + "?x=/a/b";
        let request = operation.raw_request_to(&path, &raw::usual_headers(), &operation.text_of("bob"));
        let reply = raw::exchange(gateway.address, &request).await;
        assert_eq!(reply.status, operation.success, "{}: {}", operation.id, reply.text());
        let sent = gateway.simulator.requests().pop().unwrap();
        assert!(!sent.path.contains('?'), "{}", sent.path);
    }
}

#[tokio::test]
async fn the_path_of_the_public_url_is_the_prefix_of_every_route() {
    for public_url in ["https://api.example.com/a/centagate", "https://api.example.com/a/centagate/"] {
        let gateway = Setup::new().set("server.public_url", public_url).start().await;
        let_calls_succeed(&gateway.simulator);
        for operation in operations() {
            let path = operation.path_of("alice");
            for (prefix, status) in
                [("/a/centagate", operation.success), ("", 404), ("/a", 404), ("/a/centagate2", 404)]
            {
                let path = format!("{prefix}{path}");
                let request = operation.raw_request_to(&path, &raw::usual_headers(), &operation.text_of("alice"));
                let reply = raw::exchange(gateway.address, &request).await;
                assert_eq!(reply.status, status, "{} {path}: {}", operation.id, reply.text());
                let location = reply.header("location");
                assert!(location.is_none_or(|location| location == "/a/centagate/users/alice"), "{location:?}");
            }
        }
        let redirect = gateway.get("/a/centagate/docs").await;
        assert_eq!((redirect.status, redirect.header("location")), (307, Some("docs/")));
        for path in ["/problems", "/openapi.json", "/openapi-3.0.json", "/docs/", "/docs/index.html"] {
            assert_eq!(gateway.get(&format!("/a/centagate{path}")).await.status, 200, "{path}");
            assert_eq!(gateway.get(path).await.status, 404, "{path}");
        }
        gateway.get("/a/centagate").await.problem("not_found");
        let servers = gateway.get("/a/centagate/openapi.json").await.json()["servers"].clone();
        assert_eq!(servers, json!([{ "url": "/a/centagate" }]));
    }
}

#[tokio::test]
async fn a_valid_request_id_is_kept_and_any_other_is_replaced() {
    let gateway = TestGateway::start().await;
    let longest = "a".repeat(128);
    for id in ["a", "order-4711", "A.b_C-9", "...", &longest] {
        let reply = gateway.send(gateway.request(Method::GET, "/problems").header("x-request-id", id)).await;
        assert_eq!(reply.header("x-request-id"), Some(id));
        let refused = gateway.send(gateway.post("/users", &json!({})).header("x-request-id", id)).await;
        assert_eq!(refused.problem("invalid_request")["requestId"], id);
    }
    let too_long = "a".repeat(129);
    let mut fresh = Vec::new();
    for headers in [
        String::new(),
        "X-Request-Id: \r\n".into(),
        "X-Request-Id: a b\r\n".into(),
        "X-Request-Id: a,b\r\n".into(),
        "X-Request-Id: {\"a\":1}\r\n".into(),
        "X-Request-Id: \u{fc}\r\n".into(),
        format!("X-Request-Id: {too_long}\r\n"),
        "X-Request-Id: one\r\nX-Request-Id: two\r\n".into(),
        "X-Request-Id: one\r\nX-Request-Id: one\r\n".into(),
    ] {
        let request = format!("GET /problems HTTP/1.1\r\nHost: g\r\n{headers}\r\n");
        let reply = raw::exchange(gateway.address, request.as_bytes()).await;
        let id = reply.header("x-request-id").unwrap().to_owned();
        let uuid = uuid::Uuid::parse_str(&id).unwrap_or_else(|_| panic!("{headers} became {id}"));
        assert_eq!(uuid.get_version_num(), 7, "{headers}");
        assert_eq!(id, uuid.hyphenated().to_string());
        fresh.push(id);
    }
    fresh.sort();
    fresh.dedup();
    assert_eq!(fresh.len(), 9, "each id is new");
}

#[tokio::test]
async fn replies_have_no_cors_headers() {
    let gateway = TestGateway::start().await;
    // `Reply` checks every header against a list without CORS headers.
    let origin = gateway.post("/users", &alice()).header("origin", "https://elsewhere.example");
    assert_eq!(gateway.send(origin).await.status, 201);
    let preflight = gateway.request(Method::OPTIONS, "/users").header("origin", "https://elsewhere.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    gateway.send(preflight).await.problem("method_not_allowed");
}
