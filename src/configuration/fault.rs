//! Faults of the configuration, and how to collect all of them.

use std::fmt;
use std::path::Path;

use super::keys;

/// One or more faults of the configuration, each on one line. A line says what to fix and how. It contains no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFault(Vec<String>);

impl SettingsFault {
    /// A fault of a file, a directory or a variable.
    pub(crate) fn of(subject: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self(vec![line(subject, problem)])
    }

    /// A fault of the value of the key called `name`.
    pub(crate) fn of_key(name: &str, problem: impl fmt::Display) -> Self {
        Self::of(format_args!("{name} ({})", keys::variable(name)), problem)
    }

    /// A fault of the file at `path`, which the key called `name` names.
    pub(crate) fn of_file(name: &str, path: &Path, problem: impl fmt::Display) -> Self {
        Self::of_key(name, format_args!("{} {problem}", shown(path)))
    }

    /// Puts `place`, where the faults were found, in front of each fault.
    pub(crate) fn within(self, place: impl fmt::Display) -> Self {
        Self(self.0.into_iter().map(|fault| line(&place, fault)).collect())
    }

    /// Puts the file at `path`, which the key called `name` names, in front of each fault.
    pub(crate) fn within_file(self, name: &str, path: &Path) -> Self {
        self.within(format_args!("{name} ({}): {}", keys::variable(name), shown(path)))
    }

    /// Returns one line per fault.
    pub(crate) fn lines(&self) -> &[String] {
        &self.0
    }
}

/// Returns `path` for a message. A path with control characters is not shown: it is probably the content of a file, such as
/// a private key.
fn shown(path: &Path) -> String {
    let path = path.display().to_string();
    if path.contains(char::is_control) { "(not shown, because it is not a path)".to_owned() } else { path }
}

/// Joins a subject and its problem in one line. Replaces control characters, because a path can contain a line break.
pub(super) fn line(subject: impl fmt::Display, problem: impl fmt::Display) -> String {
    format!("{subject}: {problem}").replace(char::is_control, "?")
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for SettingsFault {}

/// Collects faults, so that one run reports all of them. No fault is listed twice.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(Vec<String>);

impl Faults {
    /// Adds a fault, unless it is already there.
    pub(crate) fn add(&mut self, fault: SettingsFault) {
        for line in fault.0 {
            if !self.0.contains(&line) {
                self.0.push(line);
            }
        }
    }

    /// Returns the value of `result`, or adds its fault.
    pub(crate) fn keep<T>(&mut self, result: Result<T, SettingsFault>) -> Option<T> {
        result.map_err(|fault| self.add(fault)).ok()
    }

    /// Returns `value`, or the faults if there are any. If `value` is `None`, its fault must have been added.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, SettingsFault> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(SettingsFault(self.0)),
        }
    }
}

/// Builds a struct or a tuple from results. Evaluates all results, and returns the faults of all that failed.
macro_rules! gather {
    ($type:ident { $($field:ident: $value:expr),+ $(,)? }) => {
        $crate::configuration::gather!($($field: $value),+).map(|($($field,)+)| $type { $($field),+ })
    };
    ($($name:ident: $value:expr),+ $(,)?) => {{
        let mut faults = $crate::configuration::Faults::default();
        $(let $name = faults.keep($value);)+
        faults.or(match ($($name,)+) {
            ($(Some($name),)+) => Some(($($name,)+)),
            _ => None,
        })
    }};
}
pub(crate) use gather;
