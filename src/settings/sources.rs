use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::{Faults, SettingsFault, file, layers};

/// Where the configuration comes from.
#[derive(Clone)]
pub struct Sources {
    /// The directory that `GATEWAY_CONFIG_DIR` names. Without it, `config`, if there is one.
    pub config_dir: Option<PathBuf>,
    /// The environment: `{environment}.toml` overrides `base.toml`.
    pub environment: String,
    /// Environment variables; those that start with `GATEWAY__` are keys.
    pub variables: BTreeMap<String, String>,
    /// The directory with one file per secret.
    pub secrets_dir: Option<PathBuf>,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The variables hold secrets.
        f.debug_struct("Sources")
            .field("config_dir", &self.config_dir)
            .field("environment", &self.environment)
            .field("secrets_dir", &self.secrets_dir)
            .finish_non_exhaustive()
    }
}

impl Sources {
    /// The sources that the process's environment names: `GATEWAY_CONFIG_DIR` (`config`), `GATEWAY_ENVIRONMENT`
    /// (`production`), `GATEWAY_SECRETS_DIR` (none). Also returns the variables that are not UTF-8, as faults.
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
        let mut named = |name: &str| variables.remove(name).filter(|value| !value.is_empty());
        let sources = Self {
            config_dir: named("GATEWAY_CONFIG_DIR").map(PathBuf::from),
            environment: named("GATEWAY_ENVIRONMENT").unwrap_or_else(|| "production".to_owned()),
            secrets_dir: named("GATEWAY_SECRETS_DIR").map(PathBuf::from),
            variables,
        };
        (sources, faults.or(Some(())))
    }

    /// The configuration's files, the lower layer first.
    pub(crate) fn config_files(&self) -> [PathBuf; 2] {
        let directory = self.config_dir.as_deref().unwrap_or(Path::new("config"));
        [layers::BASE, &self.environment].map(|name| directory.join(format!("{name}.toml")))
    }
}
