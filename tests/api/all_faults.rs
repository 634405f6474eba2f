//! One run reports every fault of a configuration in its own line, with the key, the variable and the fix, but never a
//! value.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use crate::callers;
use crate::configuration_faults::{PLANTED, valid, variable, with_file};
use crate::environment::Environment;

/// Runs `check-config` and `serve`. Each must print one line per entry of `faults`, with all words of the entry.
#[track_caller]
fn expect_faults(environment: &Environment, faults: &[&[&str]]) {
    for command in ["check-config", "serve"] {
        let run = environment.run(&[command]);
        assert_eq!((run.status, run.stdout.as_str()), (Some(78), ""), "{run:?}");
        for fault in faults {
            let lines = run.stderr.lines().filter(|line| fault.iter().all(|word| line.contains(word)));
            assert_eq!(lines.count(), 1, "{fault:?}: {}", run.stderr);
        }
        assert_eq!(run.stderr.lines().count(), faults.len(), "{}", run.stderr);
        assert!(!run.stderr.contains(PLANTED), "{}", run.stderr);
    }
}

#[test]
fn faults_of_all_kinds_are_reported_in_one_run() {
    let file = format!("nonsense = 1\n[server]\nprot = \"{PLANTED}\"\nkeep_alive_ms = [\"{PLANTED}\"]\n");
    let environment = with_file(&file)
        .unset("GATEWAY__CENTAGATE__BASE_URL")
        .unset("GATEWAY__CENTAGATE__ADMIN__USERNAME")
        .unset("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN")
        .set("GATEWAY__DOCS__ENABLED", PLANTED)
        .set("GATEWAY__SERVER__NONSENSE", PLANTED)
        .set("GATEWAY__SERVER__SHUTDOWN_MS", "1")
        .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", "9000")
        .set("GATEWAY__IDEMPOTENCY__STORE", "redis")
        .set("GATEWAY__SERVER__TLS_CERTIFICATE_FILE", "/nowhere/tls.crt")
        .set("GATEWAY__SERVER__TLS_KEY_FILE", "/nowhere/tls.key")
        .set("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", "/nowhere/ca.pem")
        .set("GATEWAY__JWT__ISSUER", "https://id.example.com")
        .set("GATEWAY__JWT__AUDIENCE", "us")
        .set("GATEWAY__JWT__JWKS_FILE", "/nowhere/jwks.json");
    environment.write("secrets/notes.txt", PLANTED);
    environment.write("secrets/centagate.admin.secret_code", [PLANTED.as_bytes(), b"\xff"].concat());
    environment.write("secrets/centagate.proxy_url", PLANTED);
    let directory = environment.directory.path().join("secrets").display().to_string();
    let block = callers::block("one", "key", &[PLANTED], &format!("expires_at = \"{PLANTED}\""));
    environment.write("callers.toml", format!("{block}[[callers]]\nname = \"two\"\nscopes = []\n{block}"));
    expect_faults(
        &environment.set("GATEWAY_SECRETS_DIR", &directory),
        &[
            &["test.toml", "nonsense is not a known key"],
            &["test.toml", "server.prot is not a known key"],
            &["GATEWAY__SERVER__NONSENSE", "is not a known key"],
            &["server.keep_alive_ms", "GATEWAY__SERVER__KEEP_ALIVE_MS", "a whole number from"],
            &["docs.enabled", "GATEWAY__DOCS__ENABLED", "true or false"],
            &["centagate.base_url", "GATEWAY__CENTAGATE__BASE_URL", "is missing", "https://"],
            &["centagate.admin.username", "GATEWAY__CENTAGATE__ADMIN__USERNAME", "is missing"],
            &["centagate.admin.auth_token", "GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN", "is missing"],
            &["server.request_timeout_ms", "centagate.connect_timeout_ms + centagate.request_timeout_ms"],
            &["server.shutdown_ms", "must be at least"],
            &["redis.url", "GATEWAY__REDIS__URL", "is missing"],
            &["store.seal_keys", "GATEWAY__STORE__SEAL_KEYS", "is missing"],
            &["server.tls_certificate_file", "GATEWAY__SERVER__TLS_CERTIFICATE_FILE", "/nowhere/tls.crt"],
            &["server.tls_key_file", "GATEWAY__SERVER__TLS_KEY_FILE", "/nowhere/tls.key"],
            &["centagate.ca_certificate_file", "GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", "/nowhere/ca.pem"],
            &["jwt.jwks_file", "GATEWAY__JWT__JWKS_FILE", "/nowhere/jwks.json"],
            &["notes.txt", "is not named by the key of a secret"],
            &["centagate.admin.secret_code", "GATEWAY__CENTAGATE__ADMIN__SECRET_CODE", "not UTF-8"],
            &["centagate.proxy_url", "GATEWAY__CENTAGATE__PROXY_URL", "http(s)://"],
            &["callers_file", "GATEWAY__CALLERS_FILE", "number 1: scopes"],
            &["callers_file", "GATEWAY__CALLERS_FILE", "number 1: expires_at"],
            &["callers_file", "GATEWAY__CALLERS_FILE", "number 2: key_sha256", "is missing"],
            &["callers_file", "GATEWAY__CALLERS_FILE", "number 3: key_sha256", "is also in another block"],
            &["callers_file", "GATEWAY__CALLERS_FILE", "number 3: scopes"],
            &["callers_file", "GATEWAY__CALLERS_FILE", "number 3: expires_at"],
        ],
    );
}

#[test]
fn every_missing_value_is_reported_at_once() {
    let mut environment = valid();
    for key in ["centagate.base_url", "centagate.admin.username", "centagate.admin.auth_token", "callers_file"] {
        environment = environment.unset(&variable(key));
    }
    let environment = environment.unset("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE");
    expect_faults(
        &environment,
        &[&["centagate.base_url"], &["centagate.admin.username"], &["centagate.admin.auth_token"], &["callers_file"]],
    );
    let incomplete = environment.set("GATEWAY__CENTAGATE__ADMIN__PASSWORD", PLANTED);
    expect_faults(
        &incomplete,
        &[
            &["centagate.base_url"],
            &["centagate.admin.username"],
            &["centagate.admin.integration_key", "is missing"],
            &["centagate.admin.app_secret_key", "is missing"],
            &["callers_file"],
        ],
    );
}

#[test]
fn a_secrets_directory_that_cannot_be_read_does_not_make_its_secrets_missing() {
    let environment = valid()
        .unset("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN")
        .unset("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE")
        .set("GATEWAY_SECRETS_DIR", "/nowhere");
    expect_faults(&environment, &[&["/nowhere", "GATEWAY_SECRETS_DIR"]]);
}

#[test]
fn a_key_in_a_variable_for_a_path_is_not_printed() {
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{PLANTED}\n-----END PRIVATE KEY-----\n");
    for key in ["callers_file", "centagate.ca_certificate_file"] {
        expect_faults(&valid().set(&variable(key), &pem), &[&[key, &variable(key)]]);
    }
    let tokens = valid().set("GATEWAY__JWT__ISSUER", "i").set("GATEWAY__JWT__AUDIENCE", "us");
    let tokens = tokens.set("GATEWAY__JWT__JWKS_URL", "https://id.example.com/keys");
    expect_faults(&tokens.set("GATEWAY__JWT__CA_CERTIFICATE_FILE", &pem), &[&["jwt.ca_certificate_file"]]);
}

#[test]
fn check_config_reports_a_valid_configuration_and_lists_no_missing_value() {
    let run = valid().run(&["check-config"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!(run.stdout.lines().last(), Some("valid"), "{run:?}");
    assert!(!run.stdout.contains("missing"), "{run:?}");
    for line in ["centagate.proxy_url is not set", "centagate.admin.password is not set", "redis.url is not set"] {
        assert!(run.stdout.lines().any(|printed| printed == line), "{line}: {run:?}");
    }
}

#[test]
fn files_that_other_users_may_write_cause_a_warning() {
    let environment = valid();
    let secret = environment.write("secrets/centagate.admin.secret_code", "code");
    let directory = environment.directory.path().join("secrets").display().to_string();
    let callers = environment.directory.path().join("callers.toml").display().to_string();
    let environment = environment.set("GATEWAY_SECRETS_DIR", &directory);
    for (path, safe, writable) in [(&secret, 0o600, 0o602), (&directory, 0o700, 0o720), (&callers, 0o644, 0o666)] {
        fs::set_permissions(path, Permissions::from_mode(writable)).unwrap();
        let run = environment.run(&["check-config"]);
        assert_eq!((run.status, run.stderr.lines().count()), (Some(0), 1), "{run:?}");
        assert!(run.stderr.contains("warning") && run.stderr.contains(&format!("{path}: ")), "{run:?}");
        assert_eq!(run.stdout.lines().last(), Some("valid"), "{run:?}");
        fs::set_permissions(path, Permissions::from_mode(safe)).unwrap();
        assert_eq!(environment.run(&["check-config"]).stderr, "", "{path}");
    }
}
