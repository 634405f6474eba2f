//! The layers of a configuration: built-in defaults, files, environment variables.

use crate::configuration_faults::{expect_fault, valid, with_file};
use crate::environment::{Environment, Finished};

/// The valid environment without files of defaults, in a directory without `config`.
fn installed() -> Environment {
    valid().unset("GATEWAY_CONFIG_DIR").unset("GATEWAY__SERVER__HOST")
}

/// Checks that `run` has printed this line.
#[track_caller]
fn expect_value(run: &Finished, line: &str) {
    assert_eq!(run.status, Some(0), "{run:?}");
    assert!(run.stdout.lines().any(|printed| printed == line), "{line}: {run:?}");
}

#[test]
fn an_installed_program_needs_no_file_of_defaults() {
    let run = installed().run(&["check-config"]);
    expect_value(&run, "server.max_body_bytes = 16384 (built-in base.toml)");
    assert!(run.stdout.contains("(built-in production.toml)"), "production is the default: {run:?}");
    let run = installed().set("GATEWAY_ENVIRONMENT", "local").run(&["check-config"]);
    expect_value(&run, "telemetry.log_format = pretty (built-in local.toml)");
}

#[test]
fn files_in_config_override_the_built_in_defaults_key_by_key() {
    let environment = installed();
    environment.write("config/base.toml", "[server]\nhost = \"10.0.0.1\"\nmax_body_bytes = 300\n");
    let run = environment.run(&["check-config"]);
    expect_value(&run, "server.max_body_bytes = 300 (base.toml)");
    expect_value(&run, "server.host = 10.0.0.1 (base.toml)");
    expect_value(&run, "server.keep_alive_ms = 75000 (built-in base.toml)");
    environment.write("config/production.toml", "[server]\nmax_body_bytes = 400\n");
    expect_value(&environment.run(&["check-config"]), "server.max_body_bytes = 400 (production.toml)");
    let environment = environment.set("GATEWAY__SERVER__MAX_BODY_BYTES", "500");
    expect_value(&environment.run(&["check-config"]), "server.max_body_bytes = 500 (environment variable)");
}

#[test]
fn an_empty_text_in_a_file_unsets_a_value() {
    let run = with_file("[centagate]\nproxy_url = \"\"\n[users]\ndefault_group = \"\"\n").run(&["check-config"]);
    expect_value(&run, "centagate.proxy_url is not set");
    expect_value(&run, "users.default_group is not set");
}

#[test]
fn an_environment_without_a_file_is_refused_and_the_choices_are_named() {
    let environment = with_file("").set("GATEWAY_ENVIRONMENT", "staging");
    expect_fault(&environment, &["GATEWAY_ENVIRONMENT", "local, production, test"]);
    expect_fault(&installed().set("GATEWAY_ENVIRONMENT", "staging"), &["GATEWAY_ENVIRONMENT", "local, production"]);
    environment.write("config/staging.toml", "");
    assert_eq!(environment.run(&["check-config"]).status, Some(0));
}

#[test]
fn a_missing_directory_or_dangling_link_is_refused() {
    let missing = installed().set("GATEWAY_CONFIG_DIR", "config");
    expect_fault(&missing, &["GATEWAY_CONFIG_DIR"]);
    let environment = installed();
    environment.write("config/local.toml", "");
    std::os::unix::fs::symlink("nowhere.toml", environment.directory.path().join("config/base.toml")).unwrap();
    expect_fault(&environment, &["base.toml", "cannot be read"]);
}
