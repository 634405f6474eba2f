//! Where the configuration comes from: directories, the environment's name and environment variables.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::fault::{Faults, SettingsFault};
use super::file;

/// The name of the file with the defaults, which every environment overrides.
pub(super) const BASE: &str = "base";

/// Where the configuration comes from.
#[derive(Clone)]
pub struct Sources {
    /// The directory with the configuration files (`GATEWAY_CONFIG_DIR`). If it is not set, `config` is used if it exists.
    pub config_dir: Option<PathBuf>,
    /// The name of the environment. `{environment}.toml` overrides `base.toml`.
    pub environment: String,
    /// Environment variables. Those that start with `GATEWAY__` set keys.
    pub variables: BTreeMap<String, String>,
    /// The directory with one file per secret.
    pub secrets_dir: Option<PathBuf>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variables can contain secrets.
        f.debug_struct("Sources")
            .field("config_dir", &self.config_dir)
            .field("environment", &self.environment)
            .field("secrets_dir", &self.secrets_dir)
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// Reads the sources from this process's environment: `GATEWAY_CONFIG_DIR` (default `config`), `GATEWAY_ENVIRONMENT`
    /// (default `production`) and `GATEWAY_SECRETS_DIR` (default: none).
    ///
    /// The second value contains a fault for each variable that is not UTF-8.
    pub fn from_process() -> (Self, Result<(), SettingsFault>) {
        let mut faults = Faults::default();
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if name.to_ascii_uppercase().starts_with("GATEWAY_") {
                let value = value.into_string().map_err(|_| SettingsFault::of(&name, "must be UTF-8"));
                variables.extend(faults.keep(value).map(|value| (name, file::without_mark(&value).to_owned())));
            }
        }
        let mut remove = |name: &str| variables.remove(name).filter(|value| !value.is_empty());
        let sources = Self {
            config_dir: remove("GATEWAY_CONFIG_DIR").map(PathBuf::from),
            environment: remove("GATEWAY_ENVIRONMENT").unwrap_or_else(|| "production".to_owned()),
            secrets_dir: remove("GATEWAY_SECRETS_DIR").map(PathBuf::from),
            variables,
        };
        (sources, faults.or(Some(())))
    }

    /// The configuration files. The second one overrides the first one.
    pub(crate) fn config_files(&self) -> [PathBuf; 2] {
        let directory = self.config_dir.as_deref().unwrap_or(Path::new("config"));
        [BASE, &self.environment].map(|name| directory.join(format!("{name}.toml")))
    }
}
