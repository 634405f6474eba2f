//! Texts from callers.

use std::fmt;

/// The maximum length of a text, in Unicode scalar values.
pub(super) const MAX_CHARACTERS: usize = 255;

/// A single-line text from a caller.
///
/// It has 1 to 255 Unicode scalar values, and no control characters (category Cc) and no bidirectional embeddings, overrides
/// or isolates. It is never trimmed or changed: a single space is a valid text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Checks `text`. Does not change it.
    ///
    /// # Errors
    /// The first rule that `text` breaks.
    pub fn parse(text: impl Into<String>) -> Result<Self, TextFault> {
        let text = text.into();
        check(&text)?;
        if text.chars().any(is_bidirectional_override) {
            return Err(TextFault::BidirectionalOverride);
        }
        Ok(Self(text))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks the rules that texts and user names share: length and control characters.
pub(super) fn check(text: &str) -> Result<(), TextFault> {
    if text.is_empty() {
        return Err(TextFault::Empty);
    }
    // Every scalar value has at least one byte, so most texts need no counting.
    if text.len() > MAX_CHARACTERS && text.chars().count() > MAX_CHARACTERS {
        return Err(TextFault::TooLong);
    }
    if text.chars().any(char::is_control) {
        return Err(TextFault::ControlCharacter);
    }
    Ok(())
}

/// Returns whether this is an explicit formatting character of UAX #9: an embedding, override or isolate. They reorder the
/// text that people see.
fn is_bidirectional_override(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Why a text is not valid. Its `Display` can be shown to the caller. It does not contain the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// It is empty.
    Empty,
    /// It has more than 255 Unicode scalar values.
    TooLong,
    /// It contains a character of category Cc.
    ControlCharacter,
    /// It contains a bidirectional embedding, override or isolate.
    BidirectionalOverride,
}

impl fmt::Display for TextFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "must not be empty",
            Self::TooLong => "must have at most 255 characters",
            Self::ControlCharacter => "must not contain control characters",
            Self::BidirectionalOverride => "must not contain bidirectional override characters",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, TextFault};

    #[test]
    fn a_single_space_is_valid_and_nothing_is_trimmed() {
        assert_eq!(Text::parse(" ").expect("a space").as_str(), " ");
        assert_eq!(Text::parse(" a ").expect("surrounding spaces").as_str(), " a ");
    }

    #[test]
    fn length_is_counted_in_scalar_values_not_bytes() {
        assert!(Text::parse("ü".repeat(255)).is_ok());
        assert_eq!(Text::parse("ü".repeat(256)), Err(TextFault::TooLong));
        assert_eq!(Text::parse(""), Err(TextFault::Empty));
    }

    #[test]
    fn control_characters_and_bidirectional_overrides_are_rejected() {
        for control in ['\0', '\n', '\u{7f}', '\u{85}', '\u{9f}'] {
            assert_eq!(Text::parse(format!("a{control}b")), Err(TextFault::ControlCharacter));
        }
        for reordering in ['\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            assert_eq!(Text::parse(format!("a{reordering}b")), Err(TextFault::BidirectionalOverride));
        }
    }
}
