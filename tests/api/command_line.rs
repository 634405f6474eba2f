//! The command line, and the layers that a configuration is made of.

use centagate_simulator::cen_token;
use serde_json::Value;

use crate::callers;
use crate::gateway::alice;
use crate::process::Environment;
use crate::raw;

/// Registers Alice and answers the status.
async fn register(address: std::net::SocketAddr, key: &str) -> u16 {
    let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    raw::exchange(address, &raw::post("/users", &headers, alice().to_string().as_bytes())).await.status
}

#[test]
fn check_config_prints_each_value_with_its_layer_and_no_secret() {
    let environment = Environment::without_centagate()
        .set("GATEWAY_ENVIRONMENT", "local")
        .set("GATEWAY__SERVER__PUBLIC_URL", "https://api.example.com/centagate")
        .set("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN", "pl4nted-token")
        .set("GATEWAY__CENTAGATE__PROXY_URL", "http://user:pl4nted@127.0.0.1:1");
    environment.write("secrets/centagate.admin.secret_code", "pl4nted-code");
    environment.write("secrets/..data/ignored", "pl4nted");
    environment.write("secrets/.hidden", "pl4nted");
    let directory = environment.directory.path().join("secrets").display().to_string();
    let run = environment.set("GATEWAY_SECRETS_DIR", &directory).run(&["check-config"]);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    for line in [
        "server.host = 127.0.0.1 (environment variable)",
        "server.max_body_bytes = 16384 (base.toml)",
        "server.public_url = https://api.example.com/centagate (environment variable)",
        "centagate.allow_http = true (local.toml)",
        "telemetry.log_format = pretty (local.toml)",
        "centagate.proxy_url = set (environment variable)",
        "centagate.admin.auth_token = set (environment variable)",
        "centagate.admin.secret_code = set (secret file)",
        "users.default_group is not set",
    ] {
        assert!(run.stdout.lines().any(|printed| printed == line), "{line} is not in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("pl4nted"), "{}", run.stdout);
}

#[test]
fn a_secret_that_is_not_set_is_printed_as_missing() {
    let run = Environment::without_centagate().run(&["check-config"]);
    assert!(run.stdout.lines().any(|line| line == "centagate.proxy_url = missing"), "{}", run.stdout);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let environment = Environment::without_centagate()
        .set("GATEWAY__SERVER__MAX_BODY_BYTES", "")
        .set("GATEWAY_ENVIRONMENT", "")
        .set("GATEWAY_SECRETS_DIR", "");
    let run = environment.run(&["check-config"]);
    assert!(run.stdout.contains("server.max_body_bytes = 16384 (base.toml)"), "{run:?}");
}

#[tokio::test]
async fn secret_files_stand_above_variables_and_lose_one_newline_and_nothing_else() {
    for (file, secret_code) in [
        ("000123", "000123"),
        ("000123\n", "000123"),
        (" 000123 \n", " 000123 "),
        ("1e3\n", "1e3"),
        ("true\n", "true"),
        ("\"quoted\"\n", "\"quoted\""),
        ("gehéim✓", "gehéim✓"),
    ] {
        let (environment, simulator) = Environment::with_simulator().await;
        simulator.set_session("token", secret_code);
        environment.write("secrets/centagate.admin.auth_token", "token\n");
        environment.write("secrets/centagate.admin.secret_code", file);
        let directory = environment.directory.path().join("secrets").display().to_string();
        let gateway = environment
            .set("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE", "overridden")
            .set("GATEWAY_SECRETS_DIR", &directory)
            .serve()
            .await;
        assert_eq!(register(gateway.address, callers::EVERYTHING).await, 201, "{file:?}");
        let request = simulator.requests().pop().expect("a request");
        assert_eq!(request.member("cenToken"), Some(cen_token("admin", "token", secret_code).as_str()));
    }
}

#[tokio::test]
async fn a_secret_in_a_variable_is_never_read_as_a_number() {
    let (environment, simulator) = Environment::with_simulator().await;
    simulator.set_session("0042", "000123");
    let gateway = environment
        .set("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN", "0042")
        .set("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE", "000123")
        .serve()
        .await;
    assert_eq!(register(gateway.address, callers::EVERYTHING).await, 201);
}

#[test]
fn the_program_tells_its_version_and_its_commands() {
    let environment = Environment::without_centagate();
    let version = environment.run(&["--version"]);
    assert_eq!(
        (version.status, version.stdout.trim()),
        (Some(0), concat!("centagate-gateway ", env!("CARGO_PKG_VERSION")))
    );
    let help = environment.run(&["--help"]);
    for command in ["serve", "check-config", "openapi", "new-caller-key", "healthcheck"] {
        assert!(help.stdout.contains(command), "{}", help.stdout);
    }
    let wrong = environment.run(&["nonsense"]);
    assert_eq!((wrong.status, wrong.stdout.as_str()), (Some(2), ""));
}

#[test]
fn openapi_prints_the_committed_document_without_any_configuration() {
    let environment = Environment::without_centagate().set("GATEWAY_CONFIG_DIR", "/nowhere");
    let run = environment.run(&["openapi"]);
    assert_eq!(run.status, Some(0));
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json")).unwrap();
    assert!(run.stdout == committed, "regenerate it: cargo run -q -- openapi > openapi/openapi.json");
}

#[tokio::test]
async fn the_lines_of_a_new_caller_key_make_a_callers_file_that_works() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let arguments = ["new-caller-key", "--name", "web \"shop\"", "--scope", "users:create", "--scope", "users:read"];
    let run = environment.run(&arguments);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    let key = run.stdout.lines().find(|line| line.starts_with("cgw_")).expect("a key").to_owned();
    assert_eq!(run.stdout.matches(&key).count(), 1, "the key is printed once");
    let block = &run.stdout[run.stdout.find("[[callers]]").expect("the lines to paste")..];
    environment.write("callers.toml", block);
    let gateway = environment.serve().await;
    assert_eq!(register(gateway.address, &key).await, 201);
    let line = gateway.wait_for_line(|line| line.contains("\"request_id\"")).await;
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["caller"], "web \"shop\"");
    assert_ne!(environment.run(&arguments).stdout, run.stdout, "each key is new");
}

#[tokio::test]
async fn a_new_caller_key_may_expire() {
    let (environment, _simulator) = Environment::with_simulator().await;
    for (date, status) in
        [("2999-12-31", 201), ("2999-12-31T23:59:59Z", 409), ("2020-01-01", 401), ("2020-01-01T00:00:00Z", 401)]
    {
        let run = environment.run(&["new-caller-key", "--name", "x", "--scope", "users:create", "--expires", date]);
        assert_eq!(run.status, Some(0), "{run:?}");
        let key = run.stdout.lines().find(|line| line.starts_with("cgw_")).expect("a key").to_owned();
        // The whole output, the key included, is one paste away from being a file.
        environment.write("callers.toml", run.stdout.replace(&key, ""));
        let gateway = environment.serve().await;
        assert_eq!(register(gateway.address, &key).await, status, "{date}");
    }
}

#[test]
fn a_new_caller_key_with_a_bad_scope_or_date_is_refused() {
    let environment = Environment::without_centagate();
    for arguments in [
        &["new-caller-key", "--name", "x", "--scope", "users:delete"][..],
        &["new-caller-key", "--name", "x"],
        &["new-caller-key", "--scope", "users:create"],
        &["new-caller-key", "--name", "x", "--scope", "users:create", "--expires", "tomorrow"],
        &["new-caller-key", "--name", "x", "--scope", "users:create", "--expires", "2027-02-30"],
    ] {
        let run = environment.run(arguments);
        assert_eq!(run.status, Some(2), "{arguments:?}: {run:?}");
        assert!(!run.stdout.contains("cgw_"), "{run:?}");
    }
}

#[test]
fn a_new_caller_key_is_not_made_for_a_name_that_the_callers_file_would_refuse() {
    for name in ["", "two\nlines"] {
        let run = Environment::without_centagate().run(&["new-caller-key", "--name", name, "--scope", "users:create"]);
        assert_eq!(run.status, Some(2), "{name:?}: {run:?}");
    }
}

#[tokio::test]
async fn healthcheck_tells_whether_the_gateway_lives() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let environment = environment.set("GATEWAY__MANAGEMENT__PORT", &gateway.management.port().to_string());
    for host in ["127.0.0.1", "0.0.0.0", "localhost"] {
        // The listener is on 127.0.0.1; the other spellings are those of files that a container shares.
        let environment = Environment::without_centagate()
            .set("GATEWAY__MANAGEMENT__PORT", &gateway.management.port().to_string())
            .set("GATEWAY__MANAGEMENT__HOST", host);
        let run = environment.run(&["healthcheck"]);
        assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""), "{host}: {run:?}");
    }
    gateway.terminate();
    assert!(gateway.end().await.success());
    let run = environment.run(&["healthcheck"]);
    assert_eq!((run.status, run.stderr.lines().count()), (Some(1), 1), "{run:?}");
}
