//! The command line, and the layers of a configuration.

use centagate_simulator::cen_token;

use crate::callers;
use crate::environment::Environment;
use crate::gateway::alice;
use crate::raw;

/// Registers Alice and returns the status.
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
        "centagate.admin.password is not set",
    ] {
        assert!(run.stdout.lines().any(|printed| printed == line), "{line} is not in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("pl4nted"), "{}", run.stdout);
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let environment = Environment::without_centagate()
        .set("GATEWAY__SERVER__MAX_BODY_BYTES", "")
        .set("GATEWAY_ENVIRONMENT", "")
        .set("GATEWAY_SECRETS_DIR", "");
    let run = environment.run(&["check-config"]);
    assert!(run.stdout.contains("server.max_body_bytes = 16384 (base.toml)"), "{run:?}");
    let unknown = Environment::without_centagate().set("GATEWAY__NO_KEY", "").set("GATEWAY_CONFIG_DIR", "");
    assert_eq!(unknown.run(&["check-config"]).status, Some(0));
}

#[tokio::test]
async fn secret_files_override_variables_and_only_one_trailing_newline_is_removed() {
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
async fn secret_files_are_read_through_the_links_of_a_mounted_volume() {
    use std::os::unix::fs::symlink;
    let (environment, simulator) = Environment::with_simulator().await;
    simulator.set_session("mounted-token", "mounted-code");
    let keys = ["centagate.admin.auth_token", "centagate.admin.secret_code"];
    environment.write(&format!("secrets/..2026_01_31/{}", keys[0]), "mounted-token");
    environment.write(&format!("secrets/..2026_01_31/{}", keys[1]), "mounted-code");
    let directory = environment.directory.path().join("secrets");
    symlink("..2026_01_31", directory.join("..data")).unwrap();
    for key in keys {
        symlink(format!("..data/{key}"), directory.join(key)).unwrap();
    }
    let gateway = environment.set("GATEWAY_SECRETS_DIR", directory.to_str().unwrap()).serve().await;
    assert_eq!(register(gateway.address, callers::EVERYTHING).await, 201);
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
fn the_program_prints_its_version_its_revision_and_its_commands() {
    let environment = Environment::without_centagate();
    let version = environment.run(&["--version"]);
    let revision = option_env!("GATEWAY_REVISION").unwrap_or("unknown");
    let expected = format!("centagate-gateway {} ({revision})", env!("CARGO_PKG_VERSION"));
    assert_eq!((version.status, version.stdout.trim()), (Some(0), &*expected));
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
async fn healthcheck_succeeds_only_if_the_gateway_is_alive() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let environment = environment.set("GATEWAY__MANAGEMENT__PORT", &gateway.management.port().to_string());
    for host in ["127.0.0.1", "0.0.0.0", "localhost"] {
        // The listener is on 127.0.0.1, which the other forms of the address reach as well.
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
