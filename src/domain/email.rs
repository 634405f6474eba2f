use std::fmt;

/// An e-mail address: at most 254 characters that match the pattern of HTML5's `input type=email`
/// (WHATWG HTML, "valid e-mail address").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The longest address, in characters (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const MAX_CHARACTERS: usize = 254;

    /// Takes `address` as it is.
    ///
    /// # Errors
    /// If `address` is too long or does not match the pattern.
    pub fn parse(address: impl Into<String>) -> Result<Self, EmailFault> {
        let address = address.into();
        if address.chars().count() > Self::MAX_CHARACTERS {
            return Err(EmailFault::TooLong);
        }
        let valid = address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && local.bytes().all(is_local) && domain.split('.').all(is_label)
        });
        if valid { Ok(Self(address)) } else { Err(EmailFault::NotAnAddress) }
    }

    /// The address itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

/// 1 to 63 letters, digits and hyphens, no hyphen at either end.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// Why an address was refused. Its `Display` is fit for a caller and never holds the address.
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
    fn the_pattern_of_html5_is_followed() {
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
