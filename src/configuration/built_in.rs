//! The files of `config/`, compiled into the program so that it starts in any directory.

use super::sources::BASE;

/// The name of each file, without `.toml`, and its text.
pub(super) const BUILT_IN: [(&str, &str); 3] = [
    (BASE, include_str!("../../config/base.toml")),
    ("local", include_str!("../../config/local.toml")),
    ("production", include_str!("../../config/production.toml")),
];

/// Returns the text of the file called `name`.
pub(super) fn built_in(name: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(other, _)| *other == name).map(|(_, text)| *text)
}
