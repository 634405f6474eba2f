//! An unusable configuration of tokens prevents the start.

use crate::configuration_faults::{PLANTED, expect_fault, valid, variable, with_file};
use crate::environment::Environment;
use crate::identity_provider::{SigningKey, jwk_set};

/// An environment with tokens whose keys come from a file and that carry scopes.
pub(crate) fn with_jwt() -> Environment {
    let environment = valid();
    let file = environment.write("jwks.json", jwk_set(&[SigningKey::eddsa().jwk("1")]));
    environment
        .set("GATEWAY__JWT__ISSUER", "https://id.example.com")
        .set("GATEWAY__JWT__AUDIENCE", "us")
        .set("GATEWAY__JWT__JWKS_FILE", &file)
        .set("GATEWAY__JWT__SCOPE_CLAIM", "scope")
        .set("GATEWAY__JWT__ALLOWED_SCOPES", "users:create users:read")
}

#[test]
fn the_environment_that_these_tests_break_works_with_and_without_a_callers_file() {
    for environment in [with_jwt(), with_jwt().unset("GATEWAY__CALLERS_FILE")] {
        let run = environment.run(&["check-config"]);
        assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    }
    let file = "[jwt]\nissuer = \"i\"\naudience = \"a\"\njwks_url = \"https://id.example.com/keys?policy=1\"\n\
                scope_claim = \"scp\"\nallowed_scopes = [\"users:create\", \"users:read\"]\n";
    let run = with_file(file).run(&["check-config"]);
    assert_eq!(run.status, Some(0), "{run:?}");
}

#[test]
fn missing_keys_of_jwt_are_named() {
    let name = variable;
    for key in ["jwt.audience", "jwt.allowed_scopes"] {
        expect_fault(&with_jwt().unset(&name(key)), &[key, &name(key)]);
    }
    let keys = ["jwt.jwks_url", "jwt.jwks_file", "GATEWAY__JWT__JWKS_URL", "GATEWAY__JWT__JWKS_FILE"];
    expect_fault(&with_jwt().unset("GATEWAY__JWT__JWKS_FILE"), &keys);
    expect_fault(&with_jwt().unset("GATEWAY__JWT__SCOPE_CLAIM"), &["jwt.allowed_scopes", "jwt.scope_claim"]);
    let by_block = with_jwt().unset("GATEWAY__JWT__SCOPE_CLAIM").unset("GATEWAY__JWT__ALLOWED_SCOPES");
    expect_fault(&by_block.unset("GATEWAY__CALLERS_FILE"), &["callers_file", "GATEWAY__CALLERS_FILE"]);
}

#[test]
fn keys_that_have_no_effect_without_the_issuer_are_named() {
    for (key, value) in [
        ("jwt.audience", "us"),
        ("jwt.jwks_url", "https://id.example.com/keys"),
        ("jwt.jwks_file", "/jwks.json"),
        ("jwt.ca_certificate_file", "/ca.pem"),
        ("jwt.scope_claim", "scope"),
        ("jwt.allowed_scopes", "users:create"),
    ] {
        expect_fault(&valid().set(&variable(key), value), &[key, &variable(key), "jwt.issuer"]);
    }
    let file = valid();
    let block = "[[callers]]\nname = \"one\"\njwt_subject = \"pl4nted-s3cret\"\nscopes = [\"users:create\"]\n";
    file.write("callers.toml", block);
    expect_fault(&file, &["callers_file", "callers.toml", "jwt_subject", "jwt.issuer"]);
}

#[test]
fn identity_keys_come_only_from_https_or_a_loopback_address() {
    let (key, name) = ("jwt.jwks_url", "GATEWAY__JWT__JWKS_URL");
    let with_url = |url: &str| with_jwt().unset("GATEWAY__JWT__JWKS_FILE").set(name, url);
    for url in ["https://id.example.com/keys", "http://localhost:1/keys", "http://127.0.0.1:1/", "http://[::1]:1/"] {
        assert_eq!(with_url(url).run(&["check-config"]).status, Some(0), "{url}");
    }
    for url in [
        "http://id.example.com/keys".to_owned(),
        "http://localhost.example.com/keys".to_owned(),
        "ftp://127.0.0.1/keys".to_owned(),
        "file:///jwks.json".to_owned(),
        "id.example.com/keys".to_owned(),
        "https://id.example.com/keys#1".to_owned(),
        format!("https://{PLANTED}@id.example.com/keys"),
        format!("https://a:{PLANTED}@id.example.com/keys"),
        PLANTED.to_owned(),
    ] {
        expect_fault(&with_url(&url), &[key, name]);
    }
    let both = with_jwt().set(name, "https://id.example.com/keys");
    expect_fault(&both, &["jwt.jwks_file", key]);
}

#[test]
fn unknown_scopes_are_reported_without_their_value() {
    let (key, name) = ("jwt.allowed_scopes", "GATEWAY__JWT__ALLOWED_SCOPES");
    for scopes in [PLANTED.to_owned(), format!("users:create,{PLANTED}"), "users:create;users:read".to_owned()] {
        expect_fault(&with_jwt().set(name, &scopes), &[key, name]);
    }
    for scopes in ["users:create", "users:create,users:read", " users:create , users:read ", "admins:create"] {
        assert_eq!(with_jwt().set(name, scopes).run(&["check-config"]).status, Some(0), "{scopes}");
    }
    let file = |scopes: String| {
        with_file(&format!(
            "[jwt]\nissuer = \"i\"\naudience = \"a\"\njwks_url = \"https://id.example.com/\"\nscope_claim = \"s\"\n\
             allowed_scopes = {scopes}\n"
        ))
    };
    for scopes in [format!("[\"{PLANTED}\"]"), "[1]".to_owned(), "[]".to_owned(), "{ a = 1 }".to_owned()] {
        expect_fault(&file(scopes), &[key, name]);
    }
}

#[test]
fn unusable_files_of_identity_keys_and_cas_are_named() {
    for content in [PLANTED.to_owned(), "{}".to_owned(), jwk_set(&[]), jwk_set(&[PLANTED.into()])] {
        let environment = with_jwt();
        environment.write("jwks.json", content);
        expect_fault(&environment, &["jwks.json"]);
    }
    expect_fault(&with_jwt().set("GATEWAY__JWT__JWKS_FILE", "/nowhere/jwks.json"), &["/nowhere/jwks.json"]);
    let (key, name) = ("jwt.ca_certificate_file", "GATEWAY__JWT__CA_CERTIFICATE_FILE");
    expect_fault(&with_jwt().set(name, "/nowhere/ca.pem"), &[key, "jwt.jwks_url"]);
    let with_url = || {
        let environment = with_jwt().unset("GATEWAY__JWT__JWKS_FILE");
        environment.set("GATEWAY__JWT__JWKS_URL", "https://id.example.com/keys")
    };
    expect_fault(&with_url().set(name, "/nowhere/ca.pem"), &[key, "/nowhere/ca.pem"]);
    let environment = with_url();
    let certificate = format!("-----BEGIN CERTIFICATE-----\n{PLANTED}\n-----END CERTIFICATE-----\n");
    for content in [PLANTED.to_owned(), String::new(), certificate] {
        let path = environment.write("ca.pem", content);
        expect_fault(&with_url().set(name, &path), &[key, "ca.pem"]);
    }
}
