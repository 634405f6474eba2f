//! Routes and methods: 404, 405, the base path and the request id.

use reqwest::Method;
use serde_json::json;

use crate::gateway::{Setup, TestGateway, alice, token, user};
use crate::raw;

#[tokio::test]
async fn whatever_is_no_route_is_answered_404() {
    let gateway = TestGateway::start().await;
    for path in [
        "/",
        "/user",
        "/users/",
        "/Users",
        "//users",
        "/users/bob/otp-token/",
        "/users/bob/otp-tokens",
        "/users/a/b",
        "/users/a/b/otp-token",
        "/livez",
        "/readyz",
        "/metrics",
        "/docs/nothing.js",
        "/docs/../users",
        "/problems/x",
        "/v1/users",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: g\r\n\r\n");
        let reply = raw::exchange(gateway.address, request.as_bytes()).await;
        assert_eq!(reply.status, 404, "{path}");
        reply.problem("not_found");
    }
    gateway.send(gateway.post("/nowhere", &json!({}))).await.problem("not_found");
}

#[tokio::test]
async fn a_wrong_method_is_answered_405_with_the_right_ones() {
    let gateway = TestGateway::start().await;
    for path in ["/users", "/users/bob/otp-token"] {
        for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post"] {
            let request = gateway.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
            let reply = gateway.send(request).await;
            assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")), "{method} {path}");
            reply.problem("method_not_allowed");
        }
        let head = gateway.send(gateway.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.header("allow")), (405, Some("POST")), "{path}");
    }
    for path in ["/users/bob", "/problems", "/openapi.json", "/openapi-3.0.json", "/docs", "/docs/", "/docs/index.html"]
    {
        let reply = gateway.send(gateway.post(path, &json!({}))).await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
}

#[tokio::test]
async fn a_query_changes_nothing() {
    let gateway = TestGateway::start().await;
    assert_eq!(gateway.send(gateway.post("/users?role=companyAdmin", &alice())).await.json()["role"], "user");
    assert_eq!(gateway.send(gateway.post("/users/bob/otp-token?x=/a/b", &token())).await.status, 201);
}

#[tokio::test]
async fn all_routes_stand_under_the_path_of_the_public_url_and_nothing_outside_it() {
    for public_url in ["https://api.example.com/a/centagate", "https://api.example.com/a/centagate/"] {
        let gateway = Setup::new().set("server.public_url", public_url).start().await;
        let created = gateway.send(gateway.post("/a/centagate/users", &alice())).await;
        assert_eq!(created.status, 201, "{}", created.text());
        assert_eq!(created.header("location"), Some("/a/centagate/users/alice"));
        let registered = gateway.send(gateway.post("/a/centagate/users/bob/otp-token", &token())).await;
        assert_eq!(registered.status, 201, "{}", registered.text());
        let redirect = gateway.get("/a/centagate/docs").await;
        assert_eq!((redirect.status, redirect.header("location")), (307, Some("docs/")));
        for path in ["/problems", "/openapi.json", "/openapi-3.0.json", "/docs/", "/docs/index.html"] {
            assert_eq!(gateway.get(&format!("/a/centagate{path}")).await.status, 200, "{path}");
            assert_eq!(gateway.get(path).await.status, 404, "{path}");
        }
        let servers = gateway.get("/a/centagate/openapi.json").await.json()["servers"].clone();
        assert_eq!(servers, json!([{ "url": "/a/centagate" }]));
        for path in ["/users", "/centagate/users", "/a/users", "/a/centagate2/users", "/a/centagate"] {
            gateway.send(gateway.post(path, &user("carol"))).await.problem("not_found");
        }
    }
}

#[tokio::test]
async fn a_usable_request_id_comes_back_and_any_other_is_replaced() {
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
    assert_eq!(fresh.len(), 9, "each id is fresh");
}

#[tokio::test]
async fn no_cross_origin_header_is_sent_even_to_a_browser_that_asks() {
    let gateway = TestGateway::start().await;
    // `Reply` checks every header against a list that has none of them.
    let origin = gateway.post("/users", &alice()).header("origin", "https://elsewhere.example");
    assert_eq!(gateway.send(origin).await.status, 201);
    let preflight = gateway.request(Method::OPTIONS, "/users").header("origin", "https://elsewhere.example");
    let preflight = preflight.header("access-control-request-method", "POST");
    gateway.send(preflight).await.problem("method_not_allowed");
}
