//! The environment variables. Errors name the variable, never its value.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use centagate_simulator::{Admin, Config, Login, Tls};

/// The address to listen on.
pub(crate) fn address() -> Result<SocketAddr, String> {
    variable("SIMULATOR_ADDRESS")
        .unwrap_or_else(|| "127.0.0.1:9000".to_owned())
        .parse()
        .map_err(|_| "SIMULATOR_ADDRESS must be IP:PORT".to_owned())
}

/// Whether the simulator serves TLS.
pub(crate) fn has_tls() -> bool {
    variable("SIMULATOR_TLS_CERTIFICATE_FILE").is_some()
}

/// The configuration for `serve`.
pub(crate) fn config() -> Result<Config, String> {
    let session = secrets([("SIMULATOR_AUTH_TOKEN", "auth_token"), ("SIMULATOR_SECRET_CODE", "secret_code")])?;
    let login = secrets([
        ("SIMULATOR_PASSWORD", "password"),
        ("SIMULATOR_INTEGRATION_KEY", "integration_key"),
        ("SIMULATOR_APP_SECRET_KEY", "app_secret_key"),
    ])?;
    if session.is_none() && login.is_none() {
        let wanted = "SIMULATOR_AUTH_TOKEN and SIMULATOR_SECRET_CODE";
        return Err(format!("set SIMULATOR_SECRETS_DIR, or {wanted}, or a login; see --help"));
    }
    let [auth_token, secret_code] = session.unwrap_or_default();
    let username = variable("SIMULATOR_ADMIN_USERNAME").unwrap_or_else(|| "admin".to_owned());
    let mut config = Config::new(Admin { username, auth_token, secret_code });
    config.address = address()?;
    config.login =
        login.map(|[password, integration_key, app_secret_key]| Login { password, integration_key, app_secret_key });
    if let Some(groups) = variable("SIMULATOR_GROUPS") {
        config.groups = groups.split(',').map(|group| group.trim().to_owned()).collect();
    }
    config.user_limit = number("SIMULATOR_USER_LIMIT")?;
    if let Some(attempts) = number("SIMULATOR_ALLOWED_ATTEMPTS")? {
        config.allowed_attempts = attempts;
    }
    config.approval_required = match variable("SIMULATOR_APPROVAL_REQUIRED").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        _ => return Err("SIMULATOR_APPROVAL_REQUIRED must be true or false".to_owned()),
    };
    if let Some(answers) = variable("SIMULATOR_OPEN_ANSWERS") {
        config.open_answers = serde_json::from_str(&answers)
            .map_err(|_| "SIMULATOR_OPEN_ANSWERS must be a JSON object of open answers; see --help")?;
    }
    if let Some(seconds) = number("SIMULATOR_SESSION_TIMEOUT_SECONDS")? {
        config.session_timeout = Duration::from_secs(seconds);
    }
    if let Some(certificate) = variable("SIMULATOR_TLS_CERTIFICATE_FILE") {
        let key = variable("SIMULATOR_TLS_KEY_FILE").ok_or("SIMULATOR_TLS_KEY_FILE is missing")?;
        config.tls = Some(Tls::new(read(certificate.as_ref())?, read(key.as_ref())?));
    }
    Ok(config)
}

/// A variable. An empty variable counts as unset.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number<T: std::str::FromStr>(name: &str) -> Result<Option<T>, String> {
    variable(name).map(|value| value.parse()).transpose().map_err(|_| format!("{name} must be a number"))
}

/// A set of secrets: all of them or none.
fn secrets<const LENGTH: usize>(names: [(&str, &str); LENGTH]) -> Result<Option<[String; LENGTH]>, String> {
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for (name, key) in names {
        match secret(name, key)? {
            Some(value) => values.push(value),
            None => missing.push(name),
        }
    }
    if !values.is_empty() && !missing.is_empty() {
        return Err(format!("set {}, too; see --help", missing.join(", ")));
    }
    Ok(values.try_into().ok())
}

/// Reads a secret from its variable, or from the gateway's secret file.
fn secret(name: &str, key: &str) -> Result<Option<String>, String> {
    if let Some(value) = variable(name) {
        return Ok(Some(value));
    }
    let Some(directory) = variable("SIMULATOR_SECRETS_DIR") else {
        return Ok(None);
    };
    let file = Path::new(&directory).join(format!("centagate.admin.{key}"));
    match fs::metadata(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => read(&file).map(|content| Some(content.strip_suffix('\n').unwrap_or(&content).to_owned())),
    }
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}
