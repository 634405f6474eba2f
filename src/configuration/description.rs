//! Describes the effective configuration for `check-config`.

use std::fmt::Write as _;

use toml::Value;

use super::fault::SettingsFault;
use super::keys::KEYS;
use super::sources::Sources;
use super::values::Values;

/// Lists every key with its effective value and the layer that sets it, one key per line. A secret is shown as `set`.
///
/// # Errors
/// If a layer cannot be read.
pub(crate) fn describe(sources: &Sources) -> Result<String, SettingsFault> {
    let (values, faults) = Values::collect(sources);
    let mut lines = String::new();
    for key in KEYS {
        let _ = match values.found(key.name).filter(|_| values.is_set(key.name)) {
            None => writeln!(lines, "{} is not set", key.name),
            Some(found) if key.secret => writeln!(lines, "{} = set ({})", key.name, found.layer),
            Some(found) => {
                let value = match &found.value {
                    Ok(Value::String(text)) => text.clone(),
                    Ok(value) => value.to_string(),
                    Err(fault) => fault.to_string(),
                };
                writeln!(lines, "{} = {value} ({})", key.name, found.layer)
            }
        };
    }
    faults.or(Some(lines))
}
