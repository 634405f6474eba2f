//! The section `users` of the configuration.

use crate::configuration::{SettingsFault, Values, gather};
use crate::domain::Text;

/// Defaults for members that a caller leaves out.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct UserSettings {
    pub default_group: Option<Text>,
    pub default_app: Option<Text>,
}

impl UserSettings {
    /// Reads the section `users`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        let text = |text: &str| Text::parse(text).ok();
        gather!(Self {
            default_group: values.optional_parsed("users.default_group", "a group's name of 1 to 255 characters", text),
            default_app: values.optional_parsed("users.default_app", "an app's name of 1 to 255 characters", text),
        })
    }
}
