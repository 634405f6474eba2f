//! E-mail addresses.

use std::fmt;

/// An e-mail address of at most 254 characters that matches the pattern of HTML5's `input type=email` (WHATWG HTML, "valid
/// e-mail address").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The maximum length in characters (RFC 5321, section 4.5.3.1.3, without the angle brackets).
    pub const MAX_CHARACTERS: usize = 254;

    /// Checks `address`. Does not change it.
    ///
    /// # Errors
    /// The first rule that `address` breaks.
    pub fn parse(address: impl Into<String>) -> Result<Self, EmailFault> {
        let address = address.into();
        if address.chars().count() > Self::MAX_CHARACTERS {
            return Err(EmailFault::TooLong);
        }
        let is_valid = address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && local.bytes().all(is_local) && domain.split('.').all(is_label)
        });
        if is_valid { Ok(Self(address)) } else { Err(EmailFault::NotAnAddress) }
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

/// Checks for 1 to 63 letters, digits and hyphens, without a hyphen at either end.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Why a text is not a valid address. Its `Display` can be shown to the caller. It does not contain the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailFault {
    /// More than 254 characters.
    TooLong,
    /// It does not match the pattern.
    NotAnAddress,
}

impl fmt::Display for EmailFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "must have at most 254 characters",
            Self::NotAnAddress => "must be an e-mail address",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Email, EmailFault};

    #[test]
    fn addresses_match_the_pattern_of_html5() {
        for good in ["a@b", "a.b+c@example.com", ".a.@x-y.example", "!#$%&'*+/=?^_`{|}~-@x1"] {
            assert_eq!(Email::parse(good).expect(good).as_str(), good);
        }
        for bad in [
            "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@-b", "a@b-", "a@b..c", "a@b.", "ü@b", "a@ü", "a@b_c", " a@b",
        ] {
            assert_eq!(Email::parse(bad), Err(EmailFault::NotAnAddress), "{bad}");
        }
        let label = "a".repeat(63);
        assert!(Email::parse(format!("a@{label}")).is_ok());
        assert!(Email::parse(format!("a@{label}a")).is_err());
        assert!(Email::parse(format!("{}@b", "a".repeat(252))).is_ok());
        assert_eq!(Email::parse(format!("{}@b", "a".repeat(253))), Err(EmailFault::TooLong));
    }
}
