use std::fmt;

use super::keys;

/// Why the configuration cannot be used: one line that names what to mend and how, never a value.
#[derive(Debug, PartialEq, Eq)]
pub struct SettingsFault(String);

impl SettingsFault {
    /// `subject` (a file, a directory, a variable) has a `problem`.
    pub(crate) fn of(subject: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self(format!("{subject}: {problem}"))
    }

    /// The value of the key called `name` has a `problem`.
    pub(crate) fn of_key(name: &str, problem: impl fmt::Display) -> Self {
        Self(format!("{name} ({}): {problem}", keys::variable(name)))
    }
}

impl fmt::Display for SettingsFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsFault {}
