use std::fmt;

use super::text::{self, TextFault};

/// The name that CENTAGATE knows a user by: 1 to 255 Unicode scalar values without control characters.
///
/// `.` and `..` are no names here: HTTP clients collapse them as path segments, so such a user could not be addressed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Takes `name` as it is.
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

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a user name was refused. Its `Display` is fit for a caller and never holds the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameFault {
    /// A rule that every text obeys.
    Text(TextFault),
    /// `.` or `..`.
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
    fn dot_segments_are_no_names_but_names_may_hold_dots_and_slashes() {
        assert_eq!(Username::parse("."), Err(UsernameFault::DotSegment));
        assert_eq!(Username::parse(".."), Err(UsernameFault::DotSegment));
        for name in ["...", "a/b", "a.b@c", " ", "%2F", "Ж"] {
            assert_eq!(Username::parse(name).expect(name).as_str(), name);
        }
    }
}
