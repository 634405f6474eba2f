use std::fmt;

/// A return code other than 0, as CENTAGATE answers it inside an HTTP 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnCode(i64);

/// What a return code says about the request.
///
/// Codes and their wording: the vendor pages "User Registration API" and "Token Registration (One Time Pin) API", tab
/// "Error Code"; 10001, 23016 and 23018 from the vendor's API reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// 10002: invalid input.
    InvalidInput,
    /// 22001: another user has this e-mail address.
    DuplicateEmail,
    /// 22025: another user has this name.
    DuplicateUsername,
    /// 22002: no such user.
    UserNotFound,
    /// 22004: the user is not active.
    UserNotActive,
    /// 22027: the user is already bound with a token.
    AlreadyBound,
    /// 21001: no such group.
    GroupNotFound,
    /// 22013: the licence allows no more users.
    UserLimitReached,
    /// 10001, 23016, 23018: the gateway's own admin lacks the permission or its session has ended.
    AdminDenied,
    /// 20002, 27001: the company or the licence of the installation.
    InstallationFault,
    /// 10003, 10004, 10011, 22011: something failed on the way; how far it came is not known.
    InternalFault,
    /// Any other code.
    Undocumented,
}

impl ReturnCode {
    /// The code for success.
    pub(super) const SUCCESS: i64 = 0;

    /// Every code whose meaning is known.
    pub const KNOWN: [i64; 17] = [
        10001, 10002, 10003, 10004, 10011, 20002, 21001, 22001, 22002, 22004, 22011, 22013, 22025, 22027, 23016, 23018,
        27001,
    ];

    /// The code `number`, which is not 0.
    pub(crate) fn new(number: i64) -> Self {
        Self(number)
    }

    /// The code as a number.
    pub fn get(self) -> i64 {
        self.0
    }

    /// What the code says about the request.
    pub fn meaning(self) -> Meaning {
        match self.0 {
            10002 => Meaning::InvalidInput,
            22001 => Meaning::DuplicateEmail,
            22025 => Meaning::DuplicateUsername,
            22002 => Meaning::UserNotFound,
            22004 => Meaning::UserNotActive,
            22027 => Meaning::AlreadyBound,
            21001 => Meaning::GroupNotFound,
            22013 => Meaning::UserLimitReached,
            10001 | 23016 | 23018 => Meaning::AdminDenied,
            20002 | 27001 => Meaning::InstallationFault,
            10003 | 10004 | 10011 | 22011 => Meaning::InternalFault,
            _ => Meaning::Undocumented,
        }
    }
}

impl fmt::Display for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Meaning, ReturnCode};

    fn is_known_as_far_as_it_has_a_meaning(number: i64) -> bool {
        let documented = ReturnCode::new(number).meaning() != Meaning::Undocumented;
        documented == ReturnCode::KNOWN.contains(&number)
    }

    #[test]
    fn the_known_codes_are_those_with_a_meaning() {
        assert_eq!((-1..300_000).find(|number| !is_known_as_far_as_it_has_a_meaning(*number)), None);
    }

    proptest! {
        #[test]
        fn any_other_code_has_none(number in any::<i64>()) {
            prop_assert!(is_known_as_far_as_it_has_a_meaning(number));
        }
    }
}
