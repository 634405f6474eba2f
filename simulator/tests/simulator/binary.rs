//! The program's commands: serve, healthcheck, prepare.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use centagate_simulator::Login;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_centagate-simulator"));
    command.args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SIMULATOR_")) {
        command.env_remove(name);
    }
    command
}

fn prepare(directory: &Path) -> Output {
    let secrets = directory.join("secrets");
    let callers = directory.join("callers/callers.toml");
    let mut command = program(&["prepare", "--secrets-dir"]);
    command.arg(secrets).arg("--callers-file").arg(callers);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap()
}

/// Starts the program and returns the line that it prints.
fn started(command: &mut Command) -> (Child, String) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

fn address_in(line: &str) -> &str {
    line.trim().rsplit('/').next().unwrap()
}

#[test]
fn prepare_creates_each_file_only_once() {
    let directory = TempDir::new().unwrap();
    let first = prepare(directory.path());
    let secret = |key: &str| read(&directory.path().join(format!("secrets/centagate.admin.{key}")));
    let login = || ["password", "integration_key", "app_secret_key"].map(secret);
    let prepared = login();
    assert_eq!(prepared.each_ref().map(|secret| secret.trim_end().len()), [16, 64, 12]);
    let seal_key = read(&directory.path().join("secrets/store.seal_keys"));
    assert!(seal_key.trim_end().len() == 64 && seal_key.trim_end().bytes().all(|byte| byte.is_ascii_hexdigit()));
    let [demo, help_desk] = ["caller-key", "help-desk-key"].map(|name| {
        let key = read(&directory.path().join("callers").join(name));
        let key = key.trim_end();
        assert!(key.starts_with("cgw_") && key.len() == 68);
        hex::encode(Sha256::digest(key))
    });
    assert_ne!(demo, help_desk);
    let callers = read(&directory.path().join("callers/callers.toml"));
    assert_eq!(
        callers,
        format!(
            "[[callers]]\nname = \"demo\"\nkey_sha256 = \"{demo}\"\n\
             scopes = [\"users:create\", \"users:read\", \"otp-tokens:create\", \"admins:create\", \"users:update\", \"users:status\", \"users:delete\", \"passwords:set\", \"tokens:create\", \"tokens:update\", \"tokens:delete\"]\n\
             target_usernames = [\"*\"]\n\n\
             [[callers]]\nname = \"help-desk\"\nkey_sha256 = \"{help_desk}\"\n\
             scopes = [\"users:read\", \"users:status\", \"tokens:update\", \"tokens:delete\"]\n\
             target_usernames = [\"alice\"]\n\
             otp_token_statuses = [\"temporarilyDeactivated\", \"deactivated\"]\n"
        )
    );
    let printed = String::from_utf8(first.stdout).unwrap();
    assert!(printed.contains("caller-key") && printed.contains("help-desk-key"));
    let requests: Vec<&str> = printed.lines().filter(|line| line.starts_with("curl")).collect();
    assert!(
        requests.len() == 2 && requests[1].contains("\"username\":\"alice\""),
        "the last command creates a user: {printed}"
    );
    assert!(prepared.iter().chain([&seal_key]).all(|secret| !printed.contains(secret.trim_end())));
    let second = prepare(directory.path());
    assert_eq!(String::from_utf8(second.stdout).unwrap(), printed);
    assert_eq!(read(&directory.path().join("callers/callers.toml")), callers);
    assert_eq!(login(), prepared);
    assert_eq!(read(&directory.path().join("secrets/store.seal_keys")), seal_key);
    assert_eq!(std::fs::read_dir(directory.path().join("secrets")).unwrap().count(), 4);
}

#[test]
fn prepare_keeps_a_callers_file_that_has_no_help_desk() {
    let directory = TempDir::new().unwrap();
    prepare(directory.path());
    std::fs::remove_file(directory.path().join("callers/help-desk-key")).unwrap();
    let printed = String::from_utf8(prepare(directory.path()).stdout).unwrap();
    assert!(
        printed.lines().filter(|line| line.starts_with("curl")).count() == 1 && !printed.contains("help"),
        "{printed}"
    );
}

#[test]
fn prepare_keeps_a_session_of_an_earlier_version() {
    let directory = TempDir::new().unwrap();
    let secrets = directory.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    for key in ["auth_token", "secret_code"] {
        std::fs::write(secrets.join(format!("centagate.admin.{key}")), key).unwrap();
    }
    prepare(directory.path());
    let mut files: Vec<_> = std::fs::read_dir(secrets).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["centagate.admin.auth_token", "centagate.admin.secret_code", "store.seal_keys"]);
}

#[test]
fn prepare_refuses_half_a_session() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("centagate.admin.auth_token"), "token").unwrap();
    let callers = directory.path().join("callers.toml");
    let mut command = program(&["prepare", "--secrets-dir"]);
    let output = command.arg(directory.path()).arg("--callers-file").arg(callers).output().unwrap();
    let problem = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && problem.contains("centagate.admin.secret_code"), "{problem}");
}

#[cfg(unix)]
#[test]
fn prepare_creates_files_that_only_the_owner_can_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = TempDir::new().unwrap();
    prepare(directory.path());
    for (file, mode) in [
        ("secrets", 0o700),
        ("secrets/centagate.admin.password", 0o600),
        ("secrets/centagate.admin.integration_key", 0o600),
        ("secrets/centagate.admin.app_secret_key", 0o600),
        ("secrets/store.seal_keys", 0o600),
        ("callers", 0o700),
        ("callers/caller-key", 0o600),
        ("callers/help-desk-key", 0o600),
        ("callers/callers.toml", 0o600),
    ] {
        let metadata = std::fs::metadata(directory.path().join(file)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, mode, "{file}");
    }
}

#[cfg(unix)]
#[test]
fn the_simulator_serves_until_sigterm_or_ctrl_c() {
    let directory = TempDir::new().unwrap();
    prepare(directory.path());
    for signal in ["TERM", "INT"] {
        let mut command = program(&["serve"]);
        command.env("SIMULATOR_ADDRESS", "127.0.0.1:0").env("SIMULATOR_SECRETS_DIR", directory.path().join("secrets"));
        let (mut child, line) = started(&mut command);
        let health = || {
            let mut command = program(&["healthcheck"]);
            command.env("SIMULATOR_ADDRESS", address_in(&line)).output().unwrap()
        };
        assert!(health().status.success());
        let id = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &id]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert_eq!(health().status.code(), Some(1));
    }
}

#[test]
fn the_simulator_reads_its_certificate_and_login_from_files() {
    let directory = TempDir::new().unwrap();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [certificate, key] = ["tls.crt", "tls.key"].map(|name| directory.path().join(name));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&key, signing_key.serialize_pem()).unwrap();
    let login = Login::fresh();
    for (name, value) in [
        ("password", login.password),
        ("integration_key", login.integration_key),
        ("app_secret_key", login.app_secret_key),
    ] {
        std::fs::write(directory.path().join(format!("centagate.admin.{name}")), value + "\n").unwrap();
    }
    let mut command = program(&[]);
    command
        .env("SIMULATOR_ADDRESS", "127.0.0.1:0")
        .env("SIMULATOR_SECRETS_DIR", directory.path())
        .env("SIMULATOR_SESSION_TIMEOUT_SECONDS", "60")
        .env("SIMULATOR_GROUPS", "Staff, Sales")
        .env("SIMULATOR_USER_LIMIT", "3")
        .env("SIMULATOR_TLS_CERTIFICATE_FILE", &certificate)
        .env("SIMULATOR_TLS_KEY_FILE", &key);
    let (mut child, line) = started(&mut command);
    assert!(line.contains("https://127.0.0.1:"), "{line}");
    let mut health = program(&["healthcheck"]);
    health.env("SIMULATOR_ADDRESS", address_in(&line)).env("SIMULATOR_TLS_CERTIFICATE_FILE", &certificate);
    assert!(health.output().unwrap().status.success());
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn open_answers_come_from_the_environment() {
    let mut command = program(&["serve"]);
    command
        .env("SIMULATOR_ADDRESS", "127.0.0.1:0")
        .env("SIMULATOR_AUTH_TOKEN", "t")
        .env("SIMULATOR_SECRET_CODE", "s")
        .env("SIMULATOR_APPROVAL_REQUIRED", "true")
        .env("SIMULATOR_ALLOWED_ATTEMPTS", "3")
        .env("SIMULATOR_OPEN_ANSWERS", r#"{"emptyText":"erase"}"#);
    let (mut child, line) = started(&mut command);
    let mut connection = TcpStream::connect(address_in(&line)).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let request = "GET /simulator/open-answers HTTP/1.1\r\nHost: simulator\r\nConnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).unwrap();
    let mut reply = String::new();
    connection.read_to_string(&mut reply).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(reply.contains(r#""emptyText":"erase""#) && reply.contains(r#""timestamp":"milliseconds""#), "{reply}");
}

#[test]
fn each_error_is_reported_in_one_line() {
    let problem = |command: &mut Command| {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    for (command, expected) in [
        (&mut program(&["dance"]), "--help"),
        (&mut program(&["prepare", "--secrets-dir", "x"]), "--help"),
        (&mut program(&[]), "SIMULATOR_AUTH_TOKEN"),
        (program(&[]).env("SIMULATOR_PASSWORD", "p"), "SIMULATOR_INTEGRATION_KEY, SIMULATOR_APP_SECRET_KEY"),
        (program(&[]).env("SIMULATOR_AUTH_TOKEN", "t"), "SIMULATOR_SECRET_CODE"),
        (program(&[]).env("SIMULATOR_SECRETS_DIR", "/nowhere"), "SIMULATOR_SECRETS_DIR"),
        (
            program(&[])
                .env("SIMULATOR_AUTH_TOKEN", "t")
                .env("SIMULATOR_SECRET_CODE", "s")
                .env("SIMULATOR_APPROVAL_REQUIRED", "yes"),
            "SIMULATOR_APPROVAL_REQUIRED",
        ),
        (
            program(&[])
                .env("SIMULATOR_AUTH_TOKEN", "t")
                .env("SIMULATOR_SECRET_CODE", "s")
                .env("SIMULATOR_OPEN_ANSWERS", r#"{"emptyText":"lost"}"#),
            "SIMULATOR_OPEN_ANSWERS",
        ),
        (program(&["healthcheck"]).env("SIMULATOR_ADDRESS", "here"), "SIMULATOR_ADDRESS"),
    ] {
        let problem = problem(command);
        assert!(problem.contains(expected), "{problem}");
        assert_eq!(problem.lines().count(), 1);
    }
    let output = program(&["--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(
        ["SIMULATOR_USER_LIMIT", "POST /simulator/instructions", "`furtherChange`"]
            .iter()
            .all(|text| help.contains(text))
    );
}
