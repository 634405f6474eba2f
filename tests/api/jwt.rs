//! Tokens of an identity provider as credentials.

use std::fmt::Write as _;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token as otp_token, user, with};
use crate::identity_provider::{AUDIENCE, ISSUER, IdentityProvider, RSA, SigningKey, claims, encoded, now};

/// A subject with `users:create` in the callers file, in the format of Kubernetes.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:shop:registration";

/// The usual callers, and some callers that are identified by a token's subject.
fn callers_file() -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = callers::write(directory.path());
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (name, subject, scopes, rest) in [
        ("registration", SERVICE_ACCOUNT, "users:create", ""),
        ("tokens-alone", "tokens-by-block", "otp-tokens:create", ""),
        ("gone", "gone-by-block", "users:create", "expires_at = 2020-01-01"),
    ] {
        let _ =
            writeln!(text, "[[callers]]\nname = {name:?}\njwt_subject = {subject:?}\nscopes = [{scopes:?}]\n{rest}");
    }
    std::fs::write(&path, text).unwrap();
    (directory, path.display().to_string())
}

pub(crate) fn setup() -> Setup {
    Setup::new().set("jwt.issuer", ISSUER).set("jwt.audience", AUDIENCE)
}

pub(crate) fn by_scope(setup: Setup) -> Setup {
    setup.set("jwt.scope_claim", "scope").set("jwt.allowed_scopes", "users:create, users:read")
}

pub(crate) async fn status(gateway: &TestGateway, token: &str) -> u16 {
    gateway.send(gateway.post_as(token, "/users", &alice())).await.status
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn every_credential_in_the_matrix_gets_its_status() {
    let (ec, ed, attacker) = (SigningKey::es256(), SigningKey::eddsa(), SigningKey::eddsa());
    let weak = json!({ "kid": "weak", "kty": "RSA", "e": "AQAB", "n": encoded([0xb5; 128]) });
    let keys = [RSA.jwk("rsa"), ec.jwk("ec"), ed.jwk("ed"), weak, ed.jwk("twin"), attacker.jwk("twin")];
    let provider = IdentityProvider::start(&keys).await;
    let attackers_provider = IdentityProvider::start(&[attacker.jwk("ed")]).await;
    let (_directory, callers_file) = callers_file();
    let gateway =
        by_scope(setup()).set("jwt.jwks_url", &provider.url()).set("callers_file", &callers_file).start().await;

    let usual = |mut changes: Value| {
        changes.as_object_mut().unwrap().entry("scope").or_insert(json!("users:create"));
        claims(&changes)
    };
    let ed_token = |changes: Value| ed.token("ed", &usual(changes));
    let with_header = |key: &SigningKey, change: &dyn Fn(&mut Header)| {
        let mut header = Header { kid: Some("ed".into()), ..Header::new(key.algorithm) };
        change(&mut header);
        key.token_with(&header, &usual(json!({})))
    };
    let by_hand = |header: &Value, signature: &str| {
        let payload = usual(json!({ "jti": "by hand" }));
        format!("{}.{}.{signature}", encoded(header.to_string()), encoded(payload.to_string()))
    };
    // A token of this many characters, or one less, because base64url does not have every length.
    let padded = |length: usize| {
        let spare = length - ed_token(json!({ "padding": "" })).len();
        ed_token(json!({ "padding": "x".repeat(spare * 3 / 4) }))
    };
    let valid = ed_token(json!({}));
    let (message, signature) = valid.rsplit_once('.').unwrap();
    let key = callers::EVERYTHING;
    let bearer = |credential: &str| format!("Authorization: Bearer {credential}\r\n");

    let mut matrix = vec![
        ("none", String::new(), 401),
        ("two credentials", bearer(key) + &bearer(key), 401),
        ("a key and a token", bearer(key) + &bearer(&valid), 401),
        ("a key and a token in one header", bearer(&format!("{key}, {valid}")), 401),
        ("wrong", bearer("cgw_wrong"), 401),
        ("wrong scheme", format!("Authorization: Basic {key}\r\n"), 401),
        ("prefix of a key", bearer(&key[..key.len() - 1]), 401),
        ("a key and more", bearer(&format!("{key}x")), 401),
        ("expired key", bearer(callers::EXPIRED), 401),
        ("wrong scope", bearer(callers::TOKENS), 403),
        ("right key", bearer(callers::USERS), 201),
    ];
    let tokens = [
        ("RS256", RSA.token("rsa", &usual(json!({}))), 201),
        ("ES256", ec.token("ec", &usual(json!({}))), 201),
        ("EdDSA", valid.clone(), 201),
        ("by jwt_subject", ed_token(json!({ "sub": SERVICE_ACCOUNT, "scope": null })), 201),
        ("jwt_subject in another case", ed_token(json!({ "sub": SERVICE_ACCOUNT.to_uppercase() })), 401),
        (
            "jwt_subject and an invisible character",
            ed_token(json!({ "sub": format!("{SERVICE_ACCOUNT}\u{200b}") })),
            401,
        ),
        ("by jwt_subject, whatever the token says", ed_token(json!({ "sub": "tokens-by-block" })), 403),
        ("by an expired jwt_subject, whatever the token says", ed_token(json!({ "sub": "gone-by-block" })), 401),
        ("scopes in an array", ed_token(json!({ "scope": ["openid", "users:create"] })), 201),
        ("other scopes", ed_token(json!({ "scope": "openid users:read" })), 403),
        ("no scopes", ed_token(json!({ "scope": null })), 403),
        ("scopes that are none", ed_token(json!({ "scope": 1 })), 401),
        ("a subject that is a caller's name", ed_token(json!({ "sub": "users" })), 401),
        ("a subject that resembles a caller's name", ed_token(json!({ "sub": "üsers\u{200d}" })), 401),
        ("a subject that cannot be a caller's name", ed_token(json!({ "sub": "a\u{7}b" })), 401),
        ("several audiences", ed_token(json!({ "aud": ["other", AUDIENCE] })), 201),
        ("just expired", ed_token(json!({ "exp": now() - 1 })), 201),
        ("expired", ed_token(json!({ "exp": now() - 11 })), 401),
        ("not yet valid", ed_token(json!({ "nbf": now() + 60 })), 401),
        ("almost valid", ed_token(json!({ "nbf": now() + 5 })), 201),
        ("wrong audience", ed_token(json!({ "aud": "other" })), 401),
        ("no audience", ed_token(json!({ "aud": null })), 401),
        ("wrong issuer", ed_token(json!({ "iss": "https://id.example.com/" })), 401),
        ("no issuer", ed_token(json!({ "iss": null })), 401),
        ("no exp", ed_token(json!({ "exp": null })), 401),
        ("exp as text", ed_token(json!({ "exp": (now() + 300).to_string() })), 401),
        ("no sub", ed_token(json!({ "sub": null })), 401),
        ("no kid", with_header(&ed, &|header| header.kid = None), 401),
        ("unknown kid", with_header(&ed, &|header| header.kid = Some("unknown".into())), 401),
        ("another's kid", with_header(&attacker, &|_| ()), 401),
        ("another kid", with_header(&ed, &|header| header.kid = Some("ec".into())), 401),
        ("ambiguous kid", with_header(&ed, &|header| header.kid = Some("twin".into())), 401),
        ("weak RSA key", with_header(&RSA, &|header| header.kid = Some("weak".into())), 401),
        ("crit", with_header(&ed, &|header| header.crit = Some(vec!["exp".into()])), 401),
        ("smuggled jku", with_header(&attacker, &|header| header.jku = Some(attackers_provider.url())), 401),
        ("smuggled x5u", with_header(&attacker, &|header| header.x5u = Some(attackers_provider.url())), 401),
        (
            "smuggled jwk",
            with_header(&attacker, &|header| header.jwk = serde_json::from_value(attacker.jwk("ed")).ok()),
            401,
        ),
        ("jku beside the right key", with_header(&ed, &|header| header.jku = Some(attackers_provider.url())), 201),
        ("none", by_hand(&json!({ "alg": "none", "kid": "ed" }), ""), 401),
        ("none with the signature", by_hand(&json!({ "alg": "none", "kid": "ed" }), signature), 401),
        ("NONE", by_hand(&json!({ "alg": "NONE", "kid": "ed" }), ""), 401),
        ("another algorithm of the key's", by_hand(&json!({ "alg": "RS256", "kid": "ed" }), signature), 401),
        ("no signature", format!("{message}."), 401),
        ("a changed signature", format!("{message}.{}", signature.chars().rev().collect::<String>()), 401),
        ("a changed payload", by_hand(&json!({ "alg": "EdDSA", "kid": "ed" }), signature), 401),
        ("not base64url", format!("{message}.{signature}="), 401),
        ("two dots", "..".to_owned(), 401),
        ("a JWE", format!("{valid}.a.b"), 401),
        ("almost too long", padded(16_384), 201),
        ("too long", padded(16_385), 401),
    ];
    matrix.extend(tokens.iter().map(|(what, token, status)| (*what, bearer(token), *status)));
    for bytes in &RSA.public_bytes {
        let secret = EncodingKey::from_secret(bytes);
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: Some("rsa".into()), ..Header::new(algorithm) };
            let token = jsonwebtoken::encode(&header, &usual(json!({})), &secret).unwrap();
            matrix.push(("RS256 made HMAC with the public key", bearer(&token), 401));
        }
    }
    for (number, (what, headers, status)) in matrix.iter().enumerate() {
        let headers = format!("{headers}Content-Type: application/json\r\n");
        let body = user(&format!("user-{number}")).to_string();
        let before = gateway.simulator.requests().len();
        let reply = gateway.post_raw("/users", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, *status, "{what}: {}", reply.text());
        let sent = usize::from(*status == 201);
        assert_eq!(gateway.simulator.requests().len() - before, sent, "{what}");
        if *status == 401 {
            reply.problem("unauthenticated");
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{what}");
        }
    }
    assert_eq!(attackers_provider.fetches(), 0);
}

#[tokio::test]
async fn a_valid_token_without_scopes_or_callers_entry_gets_401() {
    let ed = SigningKey::eddsa();
    let provider = IdentityProvider::start(&[ed.jwk("ed")]).await;
    let (_directory, callers_file) = callers_file();
    let gateway = setup().set("jwt.jwks_url", &provider.url()).set("callers_file", &callers_file).start().await;
    let token = |subject: &str| ed.token("ed", &claims(&json!({ "sub": subject, "scope": "users:create" })));
    assert_eq!(status(&gateway, &token("shop")).await, 401);
    assert_eq!(status(&gateway, &token(SERVICE_ACCOUNT)).await, 201);
}

#[tokio::test]
async fn scopes_in_tokens_need_no_callers_file_and_are_limited_to_allowed_scopes() {
    let ed = SigningKey::eddsa();
    let provider = IdentityProvider::start(&[ed.jwk("ed")]).await;
    let gateway = by_scope(setup()).set("jwt.jwks_url", &provider.url()).set("callers_file", "").start().await;
    let all = "users:create users:read otp-tokens:create admins:create";
    let token = ed.token("ed", &claims(&json!({ "scope": all })));
    assert_eq!(status(&gateway, &token).await, 201);
    let reply = gateway.send(gateway.post_as(&token, "/users/bob/otp-token", &otp_token())).await;
    assert!(reply.problem("forbidden")["detail"].as_str().unwrap().contains("otp-tokens:create"));
    let admin = with(user("boss"), "role", "companyAdmin");
    let reply = gateway.send(gateway.post_as(&token, "/users", &admin)).await;
    assert!(reply.problem("forbidden")["detail"].as_str().unwrap().contains("admins:create"));
    assert_eq!(status(&gateway, callers::EVERYTHING).await, 401);
}
