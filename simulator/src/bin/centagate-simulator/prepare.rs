//! `prepare`: writes the secrets and the callers file for a simulator and a gateway; docker compose runs it once.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use centagate_simulator::credential;
use sha2::{Digest as _, Sha256};

const SCOPES: &str = r#"["users:create", "users:read", "otp-tokens:create", "admins:create", "users:update", "users:status", "users:delete", "passwords:set", "tokens:create", "tokens:update", "tokens:delete"]"#;

pub(crate) fn run(secrets_dir: &Path, callers_file: &Path) -> Result<(), String> {
    prepare_secrets(secrets_dir).map_err(|error| format!("cannot prepare {}: {error}", secrets_dir.display()))?;
    let key_file = callers_file.with_file_name("caller-key");
    let key = prepare_caller(callers_file, &key_file)
        .map_err(|error| format!("cannot prepare {}: {error}", callers_file.display()))?;
    println!("The caller key is in {}. Try:", key_file.display());
    println!(
        "curl -sS http://127.0.0.1:8080/users -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' \
         -d '{{\"username\":\"alice\",\"firstName\":\"Alice\",\"lastName\":\"Doe\",\"email\":\"alice@example.com\",\
         \"group\":\"Staff\",\"app\":\"demo\"}}'",
        key.trim_end()
    );
    Ok(())
}

/// Writes the encryption key of the gateways' shared store, and the admin's session. An existing key is kept; so is an existing
/// session, if both of its files exist.
fn prepare_secrets(directory: &Path) -> io::Result<()> {
    create_directory(directory)?;
    let seal_keys = directory.join("store.seal_keys");
    if !seal_keys.try_exists()? {
        write(&seal_keys, &credential::seal_key())?;
    }
    let auth_token = directory.join("centagate.admin.auth_token");
    let secret_code = directory.join("centagate.admin.secret_code");
    if auth_token.try_exists()? && secret_code.try_exists()? {
        return Ok(());
    }
    write(&auth_token, &credential::auth_token())?;
    write(&secret_code, &credential::secret_code())
}

/// Writes the caller key and then the callers file, unless the callers file exists. Returns the caller key.
fn prepare_caller(callers_file: &Path, key_file: &Path) -> io::Result<String> {
    if callers_file.try_exists()? {
        return fs::read_to_string(key_file);
    }
    if let Some(directory) = callers_file.parent() {
        create_directory(directory)?;
    }
    let key = credential::caller_key();
    let hash = hex::encode(Sha256::digest(&key));
    write(key_file, &key)?;
    write(
        callers_file,
        &format!(
            "[[callers]]\nname = \"demo\"\nkey_sha256 = \"{hash}\"\nscopes = {SCOPES}\ntarget_usernames = [\"*\"]"
        ),
    )?;
    Ok(key)
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
