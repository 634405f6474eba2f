//! Serial numbers of hardware tokens.

/// The serial number of a hardware token: 1 to 64 visible ASCII characters, without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialNumber(String);

impl SerialNumber {
    /// Checks `number`. Does not change it.
    pub fn parse(number: impl Into<String>) -> Option<Self> {
        let number = number.into();
        let is_valid = (1..=64).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then_some(Self(number))
    }

    /// Returns the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
