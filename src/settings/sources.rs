use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use config::{Environment, FileFormat, Source, Value, ValueKind};

use super::{SettingsFault, keys, secret_files};

/// Where the configuration comes from.
#[derive(Clone)]
pub struct Sources {
    /// The directory with `base.toml` and one file per environment.
    pub config_dir: PathBuf,
    /// Which of these files stands above `base.toml`.
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
    /// (`production`), `GATEWAY_SECRETS_DIR` (none).
    ///
    /// # Errors
    /// If a variable of the gateway's is not UTF-8.
    pub fn from_process() -> Result<Self, SettingsFault> {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            if name.to_ascii_uppercase().starts_with("GATEWAY_") {
                let value = value.into_string().map_err(|_| SettingsFault::of(&name, "must be UTF-8"))?;
                variables.insert(name, value);
            }
        }
        let mut named = |name: &str| variables.remove(name).filter(|value| !value.is_empty());
        Ok(Self {
            config_dir: named("GATEWAY_CONFIG_DIR").unwrap_or_else(|| "config".to_owned()).into(),
            environment: named("GATEWAY_ENVIRONMENT").unwrap_or_else(|| "production".to_owned()),
            secrets_dir: named("GATEWAY_SECRETS_DIR").map(PathBuf::from),
            variables,
        })
    }

    /// The values of all layers, the highest layer's for each key.
    pub(super) fn collect(&self) -> Result<BTreeMap<&'static str, Found>, SettingsFault> {
        let mut found = BTreeMap::new();
        self.check_environment()?;
        for path in self.config_files() {
            Self::add_file(&path, &mut found)?;
        }
        self.add_variables(&mut found)?;
        if let Some(directory) = &self.secrets_dir {
            for (key, text) in secret_files::read(directory)? {
                found.insert(key, Found { layer: Layer::SecretFile, value: text.into() });
            }
        }
        Ok(found)
    }

    /// The configuration's files, the lower layer first.
    pub(crate) fn config_files(&self) -> [PathBuf; 2] {
        ["base", &self.environment].map(|stem| self.config_dir.join(format!("{stem}.toml")))
    }

    fn check_environment(&self) -> Result<(), SettingsFault> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if self.environment.bytes().all(plain) {
            Ok(())
        } else {
            Err(SettingsFault::of(
                "GATEWAY_ENVIRONMENT",
                "expected letters, digits, - and _, as in local or production",
            ))
        }
    }

    fn add_file(path: &Path, found: &mut BTreeMap<&'static str, Found>) -> Result<(), SettingsFault> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let fix = "see GATEWAY_CONFIG_DIR and GATEWAY_ENVIRONMENT";
            SettingsFault::of(path.display(), format_args!("cannot be read ({}); {fix}", error.kind()))
        })?;
        // Parsed for its position first: config's own error would quote the line.
        toml_position(&text)
            .map_err(|line| SettingsFault::of(path.display(), format_args!("no TOML from line {line} on")))?;
        let table = config::File::from_str(&text, FileFormat::Toml)
            .collect()
            .map_err(|_| SettingsFault::of(path.display(), "is not valid TOML"))?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        flatten("", table, &mut |name, value| {
            let key = keys::find(&name)
                .ok_or_else(|| SettingsFault::of(path.display(), format_args!("{name} is not a known key")))?;
            found.insert(key.name, Found { layer: Layer::File(file.clone()), value });
            Ok(())
        })
    }

    fn add_variables(&self, found: &mut BTreeMap<&'static str, Found>) -> Result<(), SettingsFault> {
        let variables = self.variables.clone().into_iter().collect();
        let table = Environment::with_prefix("GATEWAY")
            .prefix_separator("__")
            .separator("__")
            .ignore_empty(true)
            .source(Some(variables))
            .collect()
            .map_err(|_| SettingsFault::of("GATEWAY__ variables", "cannot be read"))?;
        flatten("", table, &mut |name, value| {
            let key = keys::find(&name)
                .ok_or_else(|| SettingsFault::of(keys::variable(&name), format_args!("{name} is not a known key")))?;
            found.insert(key.name, Found { layer: Layer::Variable, value });
            Ok(())
        })
    }
}

/// A value and the layer it comes from.
pub(super) struct Found {
    pub(super) layer: Layer,
    pub(super) value: Value,
}

/// A layer of the configuration.
#[derive(Clone)]
pub(super) enum Layer {
    File(String),
    Variable,
    SecretFile,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) => f.write_str(name),
            Self::Variable => f.write_str("environment variable"),
            Self::SecretFile => f.write_str("secret file"),
        }
    }
}

/// The line at which `text` stops being TOML.
pub(crate) fn toml_position(text: &str) -> Result<toml::Table, usize> {
    text.parse::<toml::Table>().map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        1 + text.get(..offset).unwrap_or_default().matches('\n').count()
    })
}

/// Hands `each` every value of `table` under its dotted name.
fn flatten(
    prefix: &str,
    table: config::Map<String, Value>,
    each: &mut impl FnMut(String, Value) -> Result<(), SettingsFault>,
) -> Result<(), SettingsFault> {
    for (name, value) in table {
        let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value.kind {
            ValueKind::Table(table) if keys::find(&name).is_none() => flatten(&name, table, each)?,
            _ => each(name, value)?,
        }
    }
    Ok(())
}
