//! User names.

use std::fmt;

use super::text::{self, TextFault};

/// The name of a user in CENTAGATE: 1 to 255 Unicode scalar values without control characters.
///
/// `.` and `..` are not valid. HTTP clients collapse these path segments, so no URL could name such a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Checks `name`. Does not change it.
    ///
    /// # Errors
    /// The first rule that `name` breaks.
    pub fn parse(name: impl Into<String>) -> Result<Self, UsernameFault> {
        let name = name.into();
        text::check(&name).map_err(UsernameFault::Text)?;
        if name == "." || name == ".." {
            return Err(UsernameFault::DotSegment);
        }
        Ok(Self(name))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a user name is not valid. Its `Display` can be shown to the caller. It does not contain the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameFault {
    /// It breaks a rule for texts.
    Text(TextFault),
    /// It is `.` or `..`.
    DotSegment,
}

impl fmt::Display for UsernameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(fault) => fault.fmt(f),
            Self::DotSegment => f.write_str("must not be . or .."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Username, UsernameFault};

    #[test]
    fn dot_segments_are_rejected_but_other_names_with_dots_and_slashes_are_valid() {
        assert_eq!(Username::parse("."), Err(UsernameFault::DotSegment));
        assert_eq!(Username::parse(".."), Err(UsernameFault::DotSegment));
        for name in ["...", "a/b", "a.b@c", " ", "%2F", "Ж"] {
            assert_eq!(Username::parse(name).expect(name).as_str(), name);
        }
    }
}
