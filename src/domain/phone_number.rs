//! Phone numbers.

/// A phone number in the international format: `+` and 7 to 15 digits, of which the first is not 0 (E.164).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Checks `number`. Does not change it.
    pub fn parse(number: impl Into<String>) -> Option<Self> {
        let number = number.into();
        let digits = number.strip_prefix('+')?;
        let is_valid = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit());
        is_valid.then_some(Self(number))
    }

    /// Returns the number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
