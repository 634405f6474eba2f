//! The systemd unit: systemd accepts it, it is sandboxed, and it has a line for each secret.

use std::path::Path;

use centagate_gateway::settings::{Settings, Sources};
use tempfile::TempDir;

use crate::helm_chart::SECRETS;
use crate::program::Program;

const SYSTEMD_ANALYZE: Program = Program { name: "systemd-analyze", package: "systemd" };
const SHELL: Program = Program { name: "sh", package: "dash" };
const UNIT: &str = include_str!("../../deploy/linux/centagate-gateway.service");

/// The limit for the exposure level of `systemd-analyze security`: 0 is the safest, 100 has no sandbox.
const MAXIMUM_EXPOSURE: &str = "--threshold=16";

/// The unit in a temporary directory, with a program and a man page that exist on this machine.
fn installed() -> (TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let unit = UNIT.replace("ExecStart=/usr/bin/centagate-gateway", "ExecStart=/bin/true");
    let unit = unit.replace("/usr/share/doc/centagate-gateway/linux.md", "/usr/share/doc");
    let path = directory.path().join("centagate-gateway.service");
    std::fs::write(&path, unit).expect("the unit");
    let path = path.display().to_string();
    (directory, path)
}

#[tokio::test]
async fn systemd_accepts_the_unit_and_rates_it_as_sandboxed() {
    let (directory, unit) = installed();
    let verify = "exec systemd-analyze verify --man=no --recursive-errors=no \"$0\" 2>&1"; // it warns on standard error
    let printed = SHELL.run(&["-c", verify, &unit], directory.path()).await;
    assert_eq!(printed.trim(), "");
    let arguments = ["security", "--offline=yes", "--no-pager", MAXIMUM_EXPOSURE, &unit];
    let printed = SYSTEMD_ANALYZE.run(&arguments, directory.path()).await;
    assert!(printed.contains("Overall exposure level for centagate-gateway.service"), "{printed}");
}

#[test]
fn the_unit_has_a_line_for_each_secret_and_those_of_the_login_are_active() {
    let secrets = "/etc/centagate-gateway/secrets";
    for key in SECRETS {
        let line = format!("LoadCredential={key}:{secrets}/{key}\n");
        let is_login = ["password", "integration_key", "app_secret_key"].iter().any(|name| key.ends_with(name));
        let expected = if is_login { format!("\n{line}") } else { format!("\n#{line}") };
        assert!(UNIT.contains(&expected), "{expected}");
    }
    assert_eq!(UNIT.matches("LoadCredential=").count(), SECRETS.len());
    assert!(UNIT.contains("\nEnvironment=GATEWAY_SECRETS_DIR=%d\n"));
}

#[test]
fn the_installed_configuration_names_only_settings_that_exist() {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/linux/production.toml");
    let text = std::fs::read_to_string(installed).expect("the configuration");
    let enabled = text.lines().map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line));
    let enabled = enabled.filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("production.toml"), &enabled).expect("the configuration");
    let variables = [
        ("CALLERS_FILE", "/etc/centagate-gateway/callers.toml"),
        ("CENTAGATE__ADMIN__PASSWORD", "secret"),
        ("CENTAGATE__ADMIN__INTEGRATION_KEY", "secret"),
        ("CENTAGATE__ADMIN__APP_SECRET_KEY", "secret"),
    ];
    let sources = Sources {
        config_dir: Some(directory.path().into()),
        environment: "production".into(),
        variables: variables.map(|(name, value)| (format!("GATEWAY__{name}"), value.to_owned())).into(),
        secrets_dir: None,
    };
    let settings = Settings::load(&sources).unwrap_or_else(|fault| panic!("{fault}\n{enabled}"));
    assert_eq!(settings.management.host, "127.0.0.1");
}
