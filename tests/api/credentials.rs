//! Who may do what: 401 and 403.

use std::time::Duration;

use serde_json::json;

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token, user, with};
use crate::raw;

const PATHS: [&str; 2] = ["/users", "/users/bob/otp-token"];

#[tokio::test]
async fn a_request_without_exactly_one_known_credential_is_answered_401_in_both_operations() {
    let gateway = TestGateway::start().await;
    let key = callers::EVERYTHING;
    let headers = [
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
    ];
    for path in PATHS {
        for headers in &headers {
            let headers = format!("{headers}Content-Type: application/json\r\n");
            let reply = gateway.post_raw(path, &headers, alice().to_string().as_bytes()).await;
            assert_eq!(reply.status, 401, "{path} {headers}");
            reply.problem("unauthenticated");
        }
        let query = format!("{path}?access_token={key}");
        let reply = gateway.post_raw(&query, "Content-Type: application/json\r\n", b"{}").await;
        reply.problem("unauthenticated");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_credential_that_is_not_text_is_answered_401() {
    let gateway = TestGateway::start().await;
    let request = b"POST /users HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \xff\xfe\r\nContent-Length: 0\r\n\r\n";
    raw::exchange(gateway.address, request).await.problem("unauthenticated");
}

#[tokio::test]
async fn the_scheme_is_read_without_regard_to_case() {
    let gateway = TestGateway::start().await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let headers = format!("Authorization: {scheme} {}\r\nContent-Type: application/json\r\n", callers::EVERYTHING);
        let reply = gateway.post_raw("/users", &headers, user(scheme).to_string().as_bytes()).await;
        // The simulator compares names exactly and e-mail addresses without regard to case.
        assert!(matches!(reply.status, 201 | 409), "{scheme}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_caller_without_the_scope_is_answered_403_in_both_operations() {
    let gateway = TestGateway::start().await;
    for (path, key, scope) in
        [("/users", callers::TOKENS, "users:create"), ("/users/bob/otp-token", callers::USERS, "otp-tokens:create")]
    {
        let reply = gateway.send(gateway.post_as(key, path, &alice())).await;
        assert_eq!(reply.status, 403);
        let problem = reply.problem("forbidden");
        assert!(problem["detail"].as_str().unwrap().contains(scope), "{problem}");
    }
    assert!(gateway.simulator.requests().is_empty());
    assert_eq!(gateway.send(gateway.post_as(callers::USERS, "/users", &alice())).await.status, 201);
    assert_eq!(gateway.send(gateway.post_as(callers::TOKENS, "/users/bob/otp-token", &token())).await.status, 201);
}

#[tokio::test]
async fn admins_are_registered_only_by_callers_who_may() {
    let gateway = TestGateway::start().await;
    for role in ["companyAdmin", "groupAdmin"] {
        let admin = with(user(role), "role", role);
        let reply = gateway.send(gateway.post_as(callers::NO_ADMINS, "/users", &admin)).await;
        assert_eq!(reply.status, 403);
        assert!(reply.problem("forbidden")["detail"].as_str().unwrap().contains("admins:create"));
    }
    assert!(gateway.simulator.requests().is_empty());
    for role in ["companyAdmin", "groupAdmin"] {
        assert_eq!(gateway.create_user(&with(user(role), "role", role)).await.status, 201);
    }
    let explicit = with(alice(), "role", "user");
    assert_eq!(gateway.send(gateway.post_as(callers::NO_ADMINS, "/users", &explicit)).await.status, 201);
}

#[tokio::test]
async fn the_gateways_own_admin_is_never_a_target_however_its_name_is_spelled() {
    let gateway = Setup::new().admin("Admin-Straße", "token", "code").start().await;
    for name in [
        "Admin-Straße",
        "admin-straße",
        "ADMIN-STRASSE",
        "admin-strasse",
        "Ａｄｍｉｎ－Ｓｔｒａｓｓｅ", // full-width
        "admin-ﬆraße",                // LATIN SMALL LIGATURE ST
        "ᴬdmin-straße",
        "admin-strase", // utf8mb4_general_ci takes ß for s
        "admın-straße",
        "ádmin-straße\u{200b}",
    ] {
        let reply = gateway.create_user(&with(alice(), "username", name)).await;
        assert_eq!(reply.status, 403, "{name}: {}", reply.text());
        reply.problem("forbidden");
        gateway.register_otp_token(name, &token()).await.problem("forbidden");
    }
    assert!(gateway.simulator.requests().is_empty());
    assert_eq!(gateway.create_user(&with(alice(), "username", "admin-strate")).await.status, 201);
}

#[tokio::test]
async fn own_admins_percent_encoded_name_is_its_name() {
    let gateway = TestGateway::start().await;
    for segment in ["admin", "%61dmin", "%41DMIN", "adm%69n"] {
        let path = format!("/users/{segment}/otp-token");
        let reply = gateway.post_raw(&path, &raw::usual_headers(), token().to_string().as_bytes()).await;
        assert_eq!(reply.status, 403, "{segment}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn two_blocks_with_one_name_are_two_keys_of_one_caller() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rotation.toml");
    let scopes = ["users:create"];
    let text = callers::block("shop", "old", &scopes, "") + &callers::block("shop", "new", &scopes, "");
    std::fs::write(&file, text).unwrap();
    let gateway = Setup::new().set("callers_file", file.to_str().unwrap()).start().await;
    for key in ["old", "new"] {
        assert_eq!(gateway.send(gateway.post_as(key, "/users", &user(key))).await.status, 201);
    }
}

#[tokio::test]
async fn checks_come_in_the_order_that_the_contract_names() {
    // Each request breaks a rule and all those after it; each reply names the first.
    let gateway = Setup::new().set("server.max_body_bytes", "256").start().await;
    let large = format!("{{\"x\":\"{}\"", "x".repeat(300));
    let json = "Content-Type: application/json\r\n";
    let key = |key| format!("Authorization: Bearer {key}\r\n");
    let post = async |path, headers: &str, body: &str| gateway.post_raw(path, headers, body.as_bytes()).await;
    let token = "/users/admin/otp-token";

    post("/nowhere", "", &large).await.problem("not_found");
    let delete = format!("DELETE {token} HTTP/1.1\r\nHost: g\r\n\r\n");
    raw::exchange(gateway.address, delete.as_bytes()).await.problem("method_not_allowed");
    for path in ["/users", token] {
        post(path, "", &large).await.problem("unauthenticated");
        let wrong = if path == token { callers::USERS } else { callers::TOKENS };
        post(path, &key(wrong), &large).await.problem("forbidden");
        post(path, &key(callers::NO_ADMINS), &large).await.problem("unsupported_media_type");
        let headers = key(callers::NO_ADMINS) + json;
        post(path, &headers, &large).await.problem("body_too_large");
        post(path, &headers, "{").await.problem("malformed_request");
    }
    let headers = key(callers::NO_ADMINS) + json;
    post("/users/%zz/otp-token", &headers, "{").await.problem("malformed_request");
    let admin = json!({ "username": "admin", "role": "companyAdmin" }).to_string();
    post("/users", &headers, &admin).await.problem("invalid_request");
    post(token, &headers, "{}").await.problem("invalid_request");
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_refusal_does_not_wait_for_the_body() {
    let gateway = TestGateway::start().await;
    let head = "POST /users HTTP/1.1\r\nHost: g\r\nContent-Length: 100\r\n\r\n";
    let refused = tokio::time::timeout(Duration::from_secs(5), raw::exchange(gateway.address, head.as_bytes()));
    refused.await.expect("an answer before the body").problem("unauthenticated");
}
