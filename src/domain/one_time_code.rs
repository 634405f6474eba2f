//! The codes that tokens show, and that CENTAGATE sends by SMS.

use secrecy::{ExposeSecret, SecretString};

/// A one-time code: 4 to 16 ASCII letters and digits.
#[derive(Debug)]
pub struct OneTimeCode(SecretString);

impl OneTimeCode {
    /// Checks that `code` is 4 to 16 ASCII letters and digits.
    pub fn parse(code: SecretString) -> Option<Self> {
        let text = code.expose_secret();
        let is_valid = (4..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_valid.then_some(Self(code))
    }

    /// Returns the code, to send it or to compare it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}
