//! The identity provider's keys: where they come from, and what happens if they change or are unavailable.

use serde_json::json;
use tokio::task::JoinSet;

use crate::callers;
use crate::environment::Environment;
use crate::gateway::{TestGateway, alice};
use crate::identity_provider::{AUDIENCE, ISSUER, IdentityProvider, SigningKey, claims, jwk_set};
use crate::jwt::{by_scope, setup, status};
use crate::process::json as line_as_json;
use crate::raw;

#[tokio::test]
async fn a_flood_of_unknown_key_ids_fetches_the_keys_once() {
    let ed = SigningKey::eddsa();
    let provider = IdentityProvider::start(&[ed.jwk("ed")]).await;
    let gateway = by_scope(setup()).set("jwt.jwks_url", &provider.url()).start().await;
    let valid = ed.token("ed", &claims(&json!({ "scope": "users:create" })));
    assert_eq!(status(&gateway, &valid).await, 201);
    assert_eq!(provider.fetches(), 1);
    let mut flood = JoinSet::new();
    for number in 0..200 {
        let token = ed.token(&format!("unknown-{number}"), &claims(&json!({})));
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        let (address, request) = (gateway.address, raw::post("/users", &headers, b"{}"));
        flood.spawn(async move { raw::exchange(address, &request).await.status });
    }
    assert_eq!(flood.join_all().await, [401; 200]);
    assert_eq!(provider.fetches(), 2, "once at the start, once for all of them");
}

#[tokio::test]
async fn a_rotated_key_is_fetched_when_the_first_token_names_it() {
    let (old, new) = (SigningKey::eddsa(), SigningKey::es256());
    let provider = IdentityProvider::start(&[old.jwk("old")]).await;
    let gateway = by_scope(setup()).set("jwt.jwks_url", &provider.url()).start().await;
    let claims = claims(&json!({ "scope": "users:create" }));
    assert_eq!(status(&gateway, &old.token("old", &claims)).await, 201);
    provider.publish(&[new.jwk("new")]);
    assert_eq!(status(&gateway, &new.token("new", &claims)).await, 409, "alice already exists");
    assert_eq!(status(&gateway, &old.token("old", &claims)).await, 401);
}

#[tokio::test]
async fn while_the_identity_keys_are_unavailable_tokens_get_503_and_caller_keys_work() {
    let ed = SigningKey::eddsa();
    let redirect_target = IdentityProvider::start(&[ed.jwk("ed")]).await;
    let token = ed.token("ed", &claims(&json!({ "scope": "users:create" })));
    let large = jwk_set(&[ed.jwk("ed"), json!({ "padding": "x".repeat(256 * 1024) })]);
    let location = format!("Location: {}\r\n", redirect_target.url());
    for (what, reply, headers, body) in [
        ("a connection that ends", "", "", ""),
        ("an error", "500 Internal Server Error", "", &*jwk_set(&[ed.jwk("ed")])),
        ("a redirection", "302 Found", &*location, ""),
        ("more than 256 KiB", "200 OK", "", &*large),
        ("a page", "200 OK", "", "<html>"),
        ("no keys", "200 OK", "", r#"{"keys":[]}"#),
    ] {
        let provider = IdentityProvider::start(&[]).await;
        match reply {
            "" => provider.close_connections(),
            status => provider.answer(status, headers, body),
        }
        let gateway = by_scope(setup()).set("jwt.jwks_url", &provider.url()).start().await;
        let reply = gateway.send(gateway.post_as(&token, "/users", &alice())).await;
        assert_eq!(reply.status, 503, "{what}: {}", reply.text());
        reply.problem("identity_unavailable");
        assert!(reply.header("retry-after").is_some());
        assert!(gateway.simulator.requests().is_empty());
        assert_eq!(status(&gateway, "no.to.ken").await, 401);
        assert_eq!(status(&gateway, callers::EVERYTHING).await, 201);
    }
    assert_eq!(redirect_target.fetches(), 0);
}

#[tokio::test]
async fn fetched_identity_keys_stay_usable_while_the_provider_is_unavailable() {
    let ed = SigningKey::eddsa();
    let provider = IdentityProvider::start(&[ed.jwk("ed")]).await;
    let gateway = by_scope(setup()).set("jwt.jwks_url", &provider.url()).start().await;
    let claims = claims(&json!({ "scope": "users:create" }));
    assert_eq!(status(&gateway, &ed.token("ed", &claims)).await, 201);
    provider.close_connections();
    assert_eq!(status(&gateway, &ed.token("unknown", &claims)).await, 401);
    assert_eq!(provider.fetches(), 2);
    assert_eq!(status(&gateway, &ed.token("ed", &claims)).await, 409, "alice already exists");
    let age = keys_age(&gateway).await;
    assert!((0.0..60.0).contains(&age), "{age}");
}

#[tokio::test]
async fn the_age_of_keys_is_infinite_before_the_first_fetch_and_nan_for_a_file() {
    let ed = SigningKey::eddsa();
    let provider = IdentityProvider::start(&[]).await;
    provider.close_connections();
    let by_url = by_scope(setup()).set("jwt.jwks_url", &provider.url()).start().await;
    assert!(keys_age(&by_url).await.is_infinite());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("jwks.json");
    std::fs::write(&file, jwk_set(&[ed.jwk("ed")])).unwrap();
    let by_file = by_scope(setup()).set("jwt.jwks_file", file.to_str().unwrap()).start().await;
    assert!(keys_age(&by_file).await.is_nan());
    assert!(keys_age(&TestGateway::start().await).await.is_nan());
}

async fn keys_age(gateway: &TestGateway) -> f64 {
    let (_, metrics) = gateway.manage("/metrics").await;
    let age = metrics.lines().find_map(|line| line.strip_prefix("gateway_identity_keys_age_seconds "));
    age.expect("an age").parse().unwrap()
}

#[tokio::test]
async fn identity_keys_are_fetched_over_tls_if_the_private_ca_is_trusted() {
    let ed = SigningKey::eddsa();
    let mut ca = rcgen::CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = rcgen::CertifiedIssuer::self_signed(ca, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let server = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ca).unwrap();
    let provider = IdentityProvider::start_tls(&[ed.jwk("ed")], &server.pem(), &key.serialize_pem()).await;
    let url = format!("https://localhost:{}/keys", provider.address.port());
    let directory = tempfile::tempdir().unwrap();
    let ca_file = directory.path().join("ca.pem");
    std::fs::write(&ca_file, ca.pem()).unwrap();
    let token = ed.token("ed", &claims(&json!({ "scope": "users:create" })));
    let setup = || by_scope(setup()).set("jwt.jwks_url", &url);
    let knowing = setup().set("jwt.ca_certificate_file", ca_file.to_str().unwrap()).start().await;
    assert_eq!(status(&knowing, &token).await, 201);
    let unknowing = setup().start().await;
    assert_eq!(status(&unknowing, &token).await, 503);
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn a_changed_key_file_is_applied_without_a_restart_and_an_invalid_one_is_not() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let (old, new) = (SigningKey::eddsa(), SigningKey::eddsa());
    let file = environment.write("jwks.json", jwk_set(&[old.jwk("old")]));
    let environment = environment
        .set("GATEWAY__JWT__ISSUER", ISSUER)
        .set("GATEWAY__JWT__AUDIENCE", AUDIENCE)
        .set("GATEWAY__JWT__JWKS_FILE", &file)
        .set("GATEWAY__JWT__SCOPE_CLAIM", "scope")
        .set("GATEWAY__JWT__ALLOWED_SCOPES", "users:create users:read")
        .set("GATEWAY__SECRETS__POLL_MS", "10");
    let gateway = environment.serve().await;
    let claims = claims(&json!({ "scope": "users:create", "sub": "pl4nted-subject", "pl4nted": "pl4nted" }));
    let post = async |key: &SigningKey, kid: &str| {
        let headers =
            format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", key.token(kid, &claims));
        raw::exchange(gateway.address, &raw::post("/users", &headers, b"{}")).await.status
    };
    let wait_for_reload = |set: &'static str, level: &'static str| {
        gateway.wait_for_line(move |line| line_as_json(line)["set"] == set && line_as_json(line)["level"] == level)
    };
    assert_eq!((post(&old, "old").await, post(&new, "new").await), (422, 401));

    environment.write("jwks.json", "{\"keys\": \"pl4nted\"}");
    let line = wait_for_reload("identity_keys", "ERROR").await;
    assert!(line.contains("jwks.json"), "{line}");
    assert_eq!(post(&old, "old").await, 422);

    environment.write("jwks.json", jwk_set(&[new.jwk("new")]));
    wait_for_reload("identity_keys", "INFO").await;
    assert_eq!((post(&old, "old").await, post(&new, "new").await), (401, 422));

    // The request's own line gives the reason. It contains nothing of the token except the caller's name.
    assert_eq!(post(&old, "new").await, 401);
    let line = gateway.wait_for_line(|line| line.contains("the token's signature does not verify")).await;
    let line = line_as_json(&line);
    assert_eq!((&line["message"], &line["status"], &line["level"]), (&"request".into(), &401.into(), &"INFO".into()));
    for line in gateway.lines() {
        let known = line_as_json(&line)["caller"] == "pl4nted-subject";
        assert!(known || !line.contains("pl4nted"), "{line}");
        assert!(!line.contains("eyJ"), "{line}");
    }
}
