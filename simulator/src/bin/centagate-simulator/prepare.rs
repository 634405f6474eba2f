//! `prepare`: writes the secrets and the callers file for a simulator and a gateway; docker compose runs it once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use centagate_simulator::{Login, credential};
use sha2::{Digest as _, Sha256};

/// Has every scope.
const DEMO: &str = r#"scopes = ["users:create", "users:read", "otp-tokens:create", "admins:create", "users:update", "users:status", "users:delete", "passwords:set", "tokens:create", "tokens:update", "tokens:delete"]
target_usernames = ["*"]
"#;

/// Looks up, locks and unlocks Alice, and deactivates or removes her tokens. It cannot activate or register a token.
const HELP_DESK: &str = r#"scopes = ["users:read", "users:status", "tokens:update", "tokens:delete"]
target_usernames = ["alice"]
otp_token_statuses = ["temporarilyDeactivated", "deactivated"]
"#;

pub(crate) fn run(secrets_dir: &Path, callers_file: &Path) -> Result<(), String> {
    prepare_secrets(secrets_dir).map_err(|error| format!("cannot prepare {}: {error}", secrets_dir.display()))?;
    let demo = callers_file.with_file_name("caller-key");
    let help_desk = callers_file.with_file_name("help-desk-key");
    prepare_callers(callers_file, &[("demo", DEMO, &demo), ("help-desk", HELP_DESK, &help_desk)])
        .and_then(|()| print_requests(&demo, &help_desk))
        .map_err(|error| format!("cannot prepare {}: {error}", callers_file.display()))
}

/// Prints a request of each caller. The last one creates Alice.
fn print_requests(demo: &Path, help_desk: &Path) -> io::Result<()> {
    let request =
        |key: &str| format!("-H 'Authorization: Bearer {}' -H 'Content-Type: application/json'", key.trim_end());
    // A callers file of an earlier version has no help desk.
    if help_desk.try_exists()? {
        println!("The help desk's key is in {}. When alice exists, it can lock her out:", help_desk.display());
        println!(
            "curl -sS -X PUT http://127.0.0.1:8080/users/alice/status {} -d '{{\"status\":\"inactive\"}}'",
            request(&fs::read_to_string(help_desk)?)
        );
    }
    println!("The caller key is in {}. Try:", demo.display());
    println!(
        "curl -sS http://127.0.0.1:8080/users {} \
         -d '{{\"username\":\"alice\",\"firstName\":\"Alice\",\"lastName\":\"Doe\",\"email\":\"alice@example.com\",\
         \"group\":\"Staff\",\"app\":\"demo\"}}'",
        request(&fs::read_to_string(demo)?)
    );
    Ok(())
}

/// Writes the encryption key of the gateways' shared store, and the credentials for their login. Keeps an existing key,
/// existing credentials, and an existing session of an earlier version.
fn prepare_secrets(directory: &Path) -> io::Result<()> {
    create_directory(directory)?;
    let seal_keys = directory.join("store.seal_keys");
    if !seal_keys.try_exists()? {
        write(&seal_keys, &credential::seal_key())?;
    }
    let admin = |key: &str| directory.join(format!("centagate.admin.{key}"));
    match (admin("auth_token").try_exists()?, admin("secret_code").try_exists()?) {
        (false, false) => {}
        (true, true) => return Ok(()),
        _ => {
            return Err(io::Error::other(
                "of centagate.admin.auth_token and centagate.admin.secret_code, one is missing",
            ));
        }
    }
    let Login { password, integration_key, app_secret_key } = Login::fresh();
    let login = [("password", password), ("integration_key", integration_key), ("app_secret_key", app_secret_key)];
    for (key, secret) in login {
        let file = admin(key);
        if !file.try_exists()? {
            write(&file, &secret)?;
        }
    }
    Ok(())
}

/// Writes the key of each caller and then the callers file, unless the callers file exists. A caller has a name, the other members
/// of its block, and a file for its key.
fn prepare_callers(callers_file: &Path, callers: &[(&str, &str, &Path)]) -> io::Result<()> {
    if callers_file.try_exists()? {
        return Ok(());
    }
    if let Some(directory) = callers_file.parent() {
        create_directory(directory)?;
    }
    let mut blocks = Vec::new();
    for (name, members, key_file) in callers {
        let key = credential::caller_key();
        let hash = hex::encode(Sha256::digest(&key));
        write(key_file, &key)?;
        blocks.push(format!("[[callers]]\nname = \"{name}\"\nkey_sha256 = \"{hash}\"\n{members}"));
    }
    write(callers_file, blocks.join("\n").trim_end())
}

/// Writes a temporary file and renames it, so that no reader sees an incomplete file. Mode 0600 is enough because all containers
/// run with the same uid.
fn write(file: &Path, content: &str) -> io::Result<()> {
    let mut name = std::ffi::OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    let temporary = file.with_file_name(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut handle = options.open(&temporary)?;
    writeln!(handle, "{content}")?;
    handle.sync_all()?;
    fs::rename(temporary, file)
}

/// Creates a directory with mode 0700. An existing directory is not changed.
fn create_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if directory.as_os_str().is_empty() {
        return Ok(());
    }
    builder.create(directory)
}
