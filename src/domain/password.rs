//! Passwords of users.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password from a caller: 1 to 128 Unicode scalar values without control characters (category Cc).
///
/// Nobody sees it, so bidirectional characters are allowed, unlike in a [`Text`](super::Text).
#[derive(Clone, Debug)]
pub struct Password(SecretString);

impl Password {
    /// The maximum length in Unicode scalar values.
    pub const MAX_CHARACTERS: usize = 128;

    /// Checks `password`. Does not change it.
    ///
    /// # Errors
    /// The first rule that `password` breaks.
    pub fn parse(password: SecretString) -> Result<Self, PasswordFault> {
        let text = password.expose_secret();
        if text.is_empty() {
            return Err(PasswordFault::Empty);
        }
        if text.chars().count() > Self::MAX_CHARACTERS {
            return Err(PasswordFault::TooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(PasswordFault::ControlCharacter);
        }
        Ok(Self(password))
    }

    /// Returns the password, to send it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Why a password is not valid. Its `Display` can be shown to the caller. It does not contain the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// It is empty.
    Empty,
    /// It has more than 128 Unicode scalar values.
    TooLong,
    /// It contains a character of category Cc.
    ControlCharacter,
}

impl fmt::Display for PasswordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "must not be empty",
            Self::TooLong => "must have at most 128 characters",
            Self::ControlCharacter => "must not contain control characters",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Password, PasswordFault};

    fn parse(text: impl Into<String>) -> Result<Password, PasswordFault> {
        Password::parse(text.into().into())
    }

    #[test]
    fn every_character_except_control_characters_is_allowed_and_nothing_is_trimmed() {
        for text in [" ", " a ", "\u{202e}\u{2066}", "\"\\/", "ü😀"] {
            assert_eq!(parse(text).expect(text).expose(), text);
        }
        for control in ['\0', '\n', '\u{7f}', '\u{9f}'] {
            assert_eq!(parse(format!("a{control}b")).err(), Some(PasswordFault::ControlCharacter));
        }
    }

    #[test]
    fn length_is_counted_in_scalar_values() {
        assert!(parse("ü".repeat(128)).is_ok());
        assert_eq!(parse("ü".repeat(129)).err(), Some(PasswordFault::TooLong));
        assert_eq!(parse("").err(), Some(PasswordFault::Empty));
    }

    #[test]
    fn debug_does_not_show_the_password() {
        assert!(!format!("{:?}", parse("planted")).contains("planted"));
    }
}
