//! Reads the layers of the configuration, lowest first: built-in files, files, environment variables, secret files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use toml::{Table, Value};

use super::built_in::{BUILT_IN, built_in};
use super::fault::{Faults, SettingsFault};
use super::file::{self, FileFault};
use super::sources::{BASE, Sources};
use super::toml_text::parse_toml;
use super::{keys, secret_files};

/// The values of all layers, and the faults of the layers themselves.
#[derive(Default)]
pub(super) struct Layers {
    /// For each key, the value of the highest layer that sets it.
    pub(super) found: BTreeMap<&'static str, Found>,
    pub(super) faults: Faults,
}

/// A value and the layer that sets it.
pub(super) struct Found {
    pub(super) layer: Layer,
    /// A fault if the layer sets the key, but the value cannot be read.
    pub(super) value: Result<Value, SettingsFault>,
}

/// A layer of the configuration.
#[derive(Clone)]
pub(super) enum Layer {
    BuiltIn(String),
    File(String),
    Variable,
    SecretFile,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(name) => write!(f, "built-in {name}"),
            Self::File(name) => f.write_str(name),
            Self::Variable => f.write_str("environment variable"),
            Self::SecretFile => f.write_str("secret file"),
        }
    }
}

impl Layers {
    /// Reads every layer, also if some have faults.
    pub(super) fn collect(sources: &Sources) -> Self {
        let mut layers = Self::default();
        let names = [BASE, &sources.environment];
        for name in names {
            let table = built_in(name).and_then(|text| parse_toml(text).ok()).unwrap_or_default();
            layers.add_table("", table, Path::new(name), &Layer::BuiltIn(format!("{name}.toml")));
        }
        match &sources.config_dir {
            Some(directory) if !directory.is_dir() => {
                layers.faults.add(SettingsFault::of(
                    "GATEWAY_CONFIG_DIR",
                    format_args!(
                        "{} is not a directory; unset it, or name the directory of base.toml",
                        directory.display()
                    ),
                ));
            }
            _ => {
                for (name, path) in names.into_iter().zip(sources.config_files()) {
                    layers.add_file(name, &path);
                }
            }
        }
        layers.add_variables(&sources.variables);
        if let Some(directory) = &sources.secrets_dir {
            layers.add_secret_files(directory);
        }
        layers
    }

    /// Adds the file at `path`, which belongs to the environment `name`. It may be absent if it is built in.
    fn add_file(&mut self, name: &str, path: &Path) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !name.bytes().all(plain) {
            let problem = "expected letters, digits, - and _, as in local or production";
            return self.faults.add(SettingsFault::of("GATEWAY_ENVIRONMENT", problem));
        }
        // A dangling symbolic link counts as existing: it is probably a mistake.
        let exists = path.symlink_metadata().is_ok();
        let table = match file::read_text(path) {
            Ok(text) => parse_toml(&text),
            Err(FileFault::Io(ErrorKind::NotFound)) if !exists && built_in(name).is_some() => return,
            Err(FileFault::Io(ErrorKind::NotFound)) if !exists => Err(unknown_environment(path)),
            Err(fault) => Err(format!("{fault}; see GATEWAY_CONFIG_DIR and GATEWAY_ENVIRONMENT")),
        };
        if let Some(table) = self.faults.keep(table.map_err(|problem| SettingsFault::of(path.display(), problem))) {
            self.add_table("", table, path, &Layer::File(format!("{name}.toml")));
        }
    }

    /// Adds every value of `table`. Its key is `prefix` followed by its dotted name.
    fn add_table(&mut self, prefix: &str, table: Table, path: &Path, layer: &Layer) {
        for (name, value) in table {
            let name = format!("{prefix}{name}");
            match (keys::find(&name), value) {
                (Some(key), value) => {
                    self.found.insert(key.name, Found { layer: layer.clone(), value: Ok(value) });
                }
                (None, Value::Table(table)) => self.add_table(&format!("{name}."), table, path, layer),
                (None, _) => self.faults.add(unknown_key(path.display(), &name)),
            }
        }
    }

    fn add_variables(&mut self, variables: &BTreeMap<String, String>) {
        for (variable, value) in variables {
            let name = variable.to_ascii_lowercase();
            let Some(name) = name.strip_prefix("gateway__").filter(|_| !value.is_empty()) else { continue };
            let name = name.replace("__", ".");
            match keys::find(&name) {
                Some(key) => {
                    self.found.insert(key.name, Found { layer: Layer::Variable, value: Ok(value.as_str().into()) });
                }
                None => self.faults.add(unknown_key(variable, &name)),
            }
        }
    }

    fn add_secret_files(&mut self, directory: &Path) {
        let mut add = |key, value| self.found.insert(key, Found { layer: Layer::SecretFile, value });
        match secret_files::read(directory) {
            Ok(files) => {
                for (key, text) in files.secrets {
                    let value = text.map(Value::from);
                    self.faults.keep(value.clone());
                    add(key, value);
                }
                self.faults.keep(files.unknown.or(Some(())));
            }
            Err(fault) => {
                // Its content is unknown, so no secret may be reported as missing.
                for key in keys::KEYS.iter().filter(|key| key.secret) {
                    add(key.name, Err(fault.clone()));
                }
                self.faults.add(fault);
            }
        }
    }
}

fn unknown_key(place: impl fmt::Display, name: &str) -> SettingsFault {
    SettingsFault::of(place, format_args!("{name} is not a known key"))
}

/// Describes a missing file, and lists the known environments.
fn unknown_environment(path: &Path) -> String {
    let mut names: BTreeSet<_> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    let files = path.parent().and_then(|directory| directory.read_dir().ok()).into_iter().flatten().flatten();
    names.extend(files.filter_map(|file| file.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)));
    names.remove(BASE);
    let names: Vec<_> = names.into_iter().collect();
    format!("does not exist; set GATEWAY_ENVIRONMENT to one of {}, or write this file", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::Layers;
    use crate::configuration::Sources;
    use crate::configuration::built_in::BUILT_IN;
    use crate::configuration::toml_text::parse_toml;

    #[test]
    fn built_in_files_are_valid_and_contain_known_keys_only() {
        for (name, text) in BUILT_IN {
            assert!(parse_toml(text).is_ok(), "{name}");
            let sources = Sources {
                config_dir: Some(std::env::temp_dir()),
                environment: name.to_owned(),
                variables: std::collections::BTreeMap::new(),
                secrets_dir: None,
            };
            let layers = Layers::collect(&sources);
            assert!(layers.faults.or(Some(())).is_ok() && !layers.found.is_empty(), "{name}");
        }
    }
}
