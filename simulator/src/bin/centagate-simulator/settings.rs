//! The environment. Problems name the variable, never its value.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use centagate_simulator::{Admin, Config};

/// Where to listen.
pub(crate) fn address() -> Result<SocketAddr, String> {
    variable("SIMULATOR_ADDRESS")
        .unwrap_or_else(|| "127.0.0.1:9000".to_owned())
        .parse()
        .map_err(|_| "SIMULATOR_ADDRESS has to be IP:PORT".to_owned())
}

/// Everything that `serve` needs.
pub(crate) fn config() -> Result<Config, String> {
    let admin = Admin {
        username: variable("SIMULATOR_ADMIN_USERNAME").unwrap_or_else(|| "admin".to_owned()),
        auth_token: secret("SIMULATOR_AUTH_TOKEN", "auth_token")?,
        secret_code: secret("SIMULATOR_SECRET_CODE", "secret_code")?,
    };
    let mut config = Config::new(admin);
    config.address = address()?;
    if let Some(groups) = variable("SIMULATOR_GROUPS") {
        config.groups = groups.split(',').map(|group| group.trim().to_owned()).collect();
    }
    if let Some(limit) = variable("SIMULATOR_USER_LIMIT") {
        let limit = limit.parse().map_err(|_| "SIMULATOR_USER_LIMIT has to be a number")?;
        config.user_limit = Some(limit);
    }
    Ok(config)
}

/// A variable; empty counts as unset.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A secret from its variable, else from the file that the gateway reads too.
fn secret(name: &str, key: &str) -> Result<String, String> {
    if let Some(value) = variable(name) {
        return Ok(value);
    }
    let directory =
        variable("SIMULATOR_SECRETS_DIR").ok_or_else(|| format!("set {name} or SIMULATOR_SECRETS_DIR; see --help"))?;
    let file = Path::new(&directory).join(format!("centagate.admin.{key}"));
    let content = fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(content.strip_suffix('\n').unwrap_or(&content).to_owned())
}
