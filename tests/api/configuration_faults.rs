//! An unusable configuration prevents the start with one line and exit status 78. The line never contains the value.

use crate::environment::Environment;

/// Planted as a wrong value. No output may contain it.
pub(crate) const PLANTED: &str = "pl4nted-s3cret";

/// Checks that `serve` and `check-config` refuse the environment in one line with all of `names`.
#[track_caller]
pub(crate) fn expect_fault(environment: &Environment, names: &[&str]) {
    for command in ["check-config", "serve"] {
        let run = environment.run(&[command]);
        assert_eq!(run.status, Some(78), "{names:?}: {run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{names:?}: {run:?}");
        for name in names {
            assert!(run.stderr.contains(name), "{name} is not named: {run:?}");
        }
        assert!(!format!("{run:?}").contains(PLANTED), "{run:?}");
        assert_eq!(run.stdout, "", "{run:?}");
    }
}

pub(crate) fn valid() -> Environment {
    Environment::without_centagate()
}

/// The valid environment with its own `config` files: the real `base.toml`, and `test.toml`.
pub(crate) fn with_file(text: &str) -> Environment {
    let environment = valid().set("GATEWAY_ENVIRONMENT", "test");
    let base = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/config/base.toml")).unwrap();
    environment.write("config/base.toml", base);
    environment.write("config/test.toml", text);
    let directory = environment.directory.path().join("config").display().to_string();
    environment.set("GATEWAY_CONFIG_DIR", &directory)
}

pub(crate) fn variable(key: &str) -> String {
    format!("GATEWAY__{}", key.to_uppercase().replace('.', "__"))
}

#[test]
fn the_environment_that_these_tests_break_works() {
    let run = valid().run(&["check-config"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{run:?}");
}

#[test]
fn an_unknown_key_is_named_wherever_it_is_set() {
    for name in ["GATEWAY__SERVER__PROT", "GATEWAY__NONSENSE", "GATEWAY__SERVER", "GATEWAY__SERVER__PORT__X"] {
        expect_fault(&valid().set(name, PLANTED), &[name]);
    }
    for (text, key) in [
        (format!("nonsense = \"{PLANTED}\""), "nonsense"),
        (format!("[server]\nprot = \"{PLANTED}\""), "server.prot"),
        (format!("[centagate.admin]\npasswort = \"{PLANTED}\""), "centagate.admin.passwort"),
        (format!("[nonsense.deep]\nkey = \"{PLANTED}\""), "nonsense.deep.key"),
        (format!("server = \"{PLANTED}\""), "server"),
    ] {
        expect_fault(&with_file(&text), &[key, "test.toml"]);
    }
}

#[test]
fn a_missing_value_is_named_by_key_and_variable() {
    for key in [
        "centagate.base_url",
        "centagate.admin.username",
        "centagate.admin.auth_token",
        "centagate.admin.secret_code",
        "callers_file",
    ] {
        let name = variable(key);
        expect_fault(&valid().unset(&name), &[key, &name]);
        // An empty variable counts as unset.
        expect_fault(&valid().set(&name, ""), &[key, &name]);
    }
}

#[test]
fn half_a_credential_set_names_the_half_that_is_missing() {
    for (given, missing) in [("auth_token", "secret_code"), ("secret_code", "auth_token")] {
        let environment = valid().set(&variable(&format!("centagate.admin.{given}")), PLANTED);
        let missing = format!("centagate.admin.{missing}");
        expect_fault(&environment.unset(&variable(&missing)), &[&missing, &variable(&missing)]);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_named_and_never_printed() {
    for key in [
        "server.port",
        "server.workers",
        "server.max_body_bytes",
        "server.request_timeout_ms",
        "server.keep_alive_ms",
        "server.max_connections",
        "server.startup_grace_ms",
        "server.drain_ms",
        "server.shutdown_ms",
        "server.public_url",
        "management.port",
        "centagate.base_url",
        "centagate.connect_timeout_ms",
        "centagate.request_timeout_ms",
        "docs.enabled",
        "telemetry.log_format",
    ] {
        let name = variable(key);
        expect_fault(&valid().set(&name, PLANTED), &[key, &name]);
        // The valid environment's variables take precedence over its files.
        let (section, member) = key.split_once('.').unwrap();
        let environment = with_file(&format!("[{section}]\n{member} = \"{PLANTED}\""));
        if ![
            "server.port",
            "server.workers",
            "server.startup_grace_ms",
            "server.drain_ms",
            "management.port",
            "centagate.base_url",
        ]
        .contains(&key)
        {
            expect_fault(&environment, &[key, &name]);
        }
    }
    for (key, value) in [
        ("server.port", "65536"),
        ("server.port", "-1"),
        ("server.port", "80.5"),
        ("server.max_body_bytes", "0"),
        ("server.max_connections", "0"),
        ("server.request_timeout_ms", "0"),
        ("server.request_timeout_ms", "18446744073709551616"),
        ("docs.enabled", "yes"),
        ("telemetry.log_format", "JSON"),
        ("telemetry.log_filter", "centagate_gateway=loud"),
        ("telemetry.log_filter", "inof"),
        ("telemetry.log_filter", "info,"),
        ("telemetry.log_filter", "info,=debug"),
        ("telemetry.log_filter", "info,a[{b=c}]=debug"),
        ("telemetry.otlp_endpoint", "collector:4318"),
        ("telemetry.otlp_endpoint", "grpc://collector:4317"),
        ("telemetry.otlp_endpoint", "http://user@collector:4318"),
        ("telemetry.otlp_endpoint", "http://collector:4318?key=value"),
        ("centagate.admin.username", ".."),
        ("centagate.admin.secret_code", "two\nlines"),
        ("users.default_group", "a\u{202e}b"),
        ("server.public_url", "https://example.com/a b"),
        ("server.public_url", "https://example.com/a?b"),
        ("server.public_url", "https://example.com/{id}"),
        ("server.public_url", "ftp://example.com/"),
        ("server.public_url", "/centagate"),
    ] {
        expect_fault(&valid().set(&variable(key), value), &[key, &variable(key)]);
    }
    for value in ["[1, 2]", "{ a = 1 }", "1.5", "2020-01-01"] {
        expect_fault(&with_file(&format!("[server]\nkeep_alive_ms = {value}")), &["server.keep_alive_ms"]);
    }
}

#[test]
fn a_flag_of_the_wrong_type_is_refused_even_if_it_has_no_effect() {
    // CENTAGATE is on a loopback address, so plain HTTP is allowed anyway.
    let (key, name) = ("centagate.allow_http", "GATEWAY__CENTAGATE__ALLOW_HTTP");
    expect_fault(&valid().set(name, PLANTED), &[key, name]);
    expect_fault(&with_file(&format!("[centagate]\nallow_http = \"{PLANTED}\"")), &[key, name]);
}

#[test]
fn an_invalid_proxy_address_is_refused() {
    let (key, name) = ("centagate.proxy_url", "GATEWAY__CENTAGATE__PROXY_URL");
    for url in [
        format!("no url {PLANTED}"),
        format!("http://{PLANTED}@"),
        format!("http://{PLANTED}:99999"),
        format!("ftp://{PLANTED}"),
        format!("socks5://{PLANTED}"),
    ] {
        expect_fault(&valid().set(name, &url), &[key, name]);
    }
}

#[test]
fn an_invalid_host_is_refused_before_the_gateway_listens() {
    for key in ["server.host", "management.host"] {
        for host in [format!("{PLANTED}\n"), format!("two\n{PLANTED}"), format!("http://{PLANTED}/")] {
            expect_fault(&valid().set(&variable(key), &host), &[key, &variable(key)]);
        }
    }
}

#[test]
fn the_base_url_of_centagate_must_be_https_or_a_loopback_address() {
    let (key, name) = ("centagate.base_url", "GATEWAY__CENTAGATE__BASE_URL");
    for url in [
        "http://centagate.example.com",
        "http://10.0.0.1:8080",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "https://centagate.example.com/CentagateWS",
        "https://centagate.example.com/?q",
        "https://centagate.example.com/#f",
        "ftp://centagate.example.com",
        "centagate.example.com",
        "https://",
    ] {
        expect_fault(&valid().set(name, url), &[key, name]);
    }
    for userinfo in [format!("https://admin:{PLANTED}@example.com"), format!("https://{PLANTED}@example.com")] {
        expect_fault(&valid().set(name, &userinfo), &[key, name]);
    }
    for url in ["https://centagate.example.com", "https://10.0.0.1:8443/", "http://localhost:1", "http://[::1]:1"] {
        let run = valid().set(name, url).run(&["check-config"]);
        assert_eq!(run.status, Some(0), "{url}: {run:?}");
    }
    let allowed = valid().set(name, "http://centagate.example.com").set("GATEWAY__CENTAGATE__ALLOW_HTTP", "true");
    assert_eq!(allowed.run(&["check-config"]).status, Some(0));
}

#[test]
fn values_that_contradict_each_other_are_named() {
    let (request, shutdown) = ("server.request_timeout_ms", "server.shutdown_ms");
    for (connect, upstream, whole) in [("2000", "7000", "9000"), ("1", "10000", "10000"), ("5000", "5001", "10000")] {
        let environment = valid()
            .set("GATEWAY__CENTAGATE__CONNECT_TIMEOUT_MS", connect)
            .set("GATEWAY__CENTAGATE__REQUEST_TIMEOUT_MS", upstream)
            .set("GATEWAY__SERVER__REQUEST_TIMEOUT_MS", whole);
        expect_fault(&environment, &[request, &variable(request)]);
    }
    expect_fault(&valid().set(&variable(shutdown), "9999"), &[shutdown, &variable(shutdown)]);
    assert_eq!(valid().set(&variable(shutdown), "10000").run(&["check-config"]).status, Some(0));
    let (rate, burst) = ("rate_limit.requests_per_minute", "rate_limit.burst");
    let limited = |size: &str| valid().set(&variable(rate), "2").set(&variable(burst), size);
    expect_fault(&limited("2881"), &[burst, &variable(burst)]);
    assert_eq!(limited("2880").run(&["check-config"]).status, Some(0));
    let ttl = "idempotency.ttl_seconds";
    let slow = || valid().set(&variable(request), "31000").set(&variable(shutdown), "31000");
    expect_fault(&slow().set(&variable(ttl), "61"), &[ttl, &variable(ttl)]);
    assert_eq!(slow().set(&variable(ttl), "62").run(&["check-config"]).status, Some(0));
}

#[test]
fn a_port_that_is_in_use_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap();
    for section in ["server", "management"] {
        let run = valid().set(&variable(&format!("{section}.port")), &taken.port().to_string()).run(&["serve"]);
        assert_eq!((run.status, run.stderr.lines().count()), (Some(1), 1), "{run:?}");
        assert!(run.stderr.contains(section) && run.stderr.contains(&taken.to_string()), "{run:?}");
    }
}
