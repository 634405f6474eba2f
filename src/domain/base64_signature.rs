//! Signatures as callers send them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A PKCS#7 signature in base64: 1 to 49,152 characters of the standard alphabet, with padding (RFC 4648, section 4).
#[derive(Debug)]
pub struct Base64Signature(String);

impl Base64Signature {
    /// The most characters of a signature.
    pub const MAX_LENGTH: usize = 49_152;

    /// Checks `text`. Does not change it.
    pub fn parse(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let is_valid = (1..=Self::MAX_LENGTH).contains(&text.len()) && STANDARD.decode(&text).is_ok();
        is_valid.then_some(Self(text))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
