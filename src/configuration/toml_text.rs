//! Parses TOML without showing its content in errors.

use toml::Table;

/// Parses TOML.
///
/// # Errors
/// A text that names the line of the error and quotes nothing.
pub(crate) fn parse_toml(text: &str) -> Result<Table, String> {
    text.parse::<Table>().map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = 1 + text.get(..offset).unwrap_or_default().matches('\n').count();
        format!("is not valid TOML at line {line}")
    })
}
