//! CENTAGATE's return codes, and what they mean unless a call defines them otherwise.

use std::fmt;

/// A return code other than 0, which CENTAGATE sends inside an HTTP 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnCode(i64);

/// What a return code says about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The input is invalid.
    InvalidInput,
    /// The admin's session has ended, or the admin lacks a permission.
    SessionRefused,
    /// The gateway's address, signature, clock or key is refused.
    GatewayRefused,
    /// The company, the licence, or something else that only CENTAGATE's operators can change. Nothing was executed.
    InstallationFault,
    /// CENTAGATE failed during the request. It may have been executed.
    InternalFault,
    /// No such group.
    GroupNotFound,
    /// Another user has this e-mail address.
    EmailTaken,
    /// Another user has this name.
    UsernameTaken,
    /// No such user.
    UserNotFound,
    /// The user is not active.
    UserNotActive,
    /// The licence allows no more users.
    UserLimitReached,
    /// The user has no mobile number.
    PhoneNumberMissing,
    /// Another user has this phone number.
    PhoneNumberTaken,
    /// The target is the admin.
    TargetIsAdmin,
    /// The user is locked.
    UserLocked,
    /// The user is not locked.
    UserNotLocked,
    /// An approver must confirm the change.
    EditPendingApproval,
    /// The user already has an OTP token.
    OtpTokenAlreadyRegistered,
    /// The user has no such token.
    TokenNotFound,
    /// The token cannot be registered: it does not exist, or is not free.
    TokenNotAvailable,
    /// The token is not active.
    TokenNotActive,
    /// The token is not locked.
    TokenNotLocked,
    /// The user may not have this kind of token.
    TokenNotAllowed,
    /// The token is locked.
    TokenLocked,
    /// The token's clock or counter is out of sync.
    TokenOutOfSync,
    /// The activation code is wrong.
    WrongActivationCode,
    /// A one-time code or a password is wrong.
    CodeRejected,
    /// The two codes of a token do not match.
    CodesRejected,
    /// An SMS was sent a moment ago.
    SmsCodeTooSoon,
    /// The user has no device that can be used.
    NoUsableDevice,
    /// The method is not enabled for the user or the app.
    MethodNotEnabled,
    /// The certificate belongs to another user.
    CertificateNotOwned,
    /// The signature is wrong.
    SignatureRejected,
    /// The password breaks a rule.
    PasswordRejected(PasswordRule),
    /// The password was changed too recently.
    PasswordChangedRecently,
    /// A code that no document explains.
    Undocumented,
}

/// A rule for passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRule {
    /// It was used before.
    History,
    /// It is too short.
    Length,
    /// It lacks a kind of character.
    Complexity,
    /// It is on the list of forbidden passwords.
    Blacklist,
    /// It is the current password.
    Current,
    /// It repeats a character more than twice in a row.
    Repetition,
    /// It equals the user name.
    Username,
}

impl ReturnCode {
    /// What the codes mean in every call that does not define them otherwise. Sources: the vendor pages "User Registration API"
    /// and "Token Registration (One Time Pin) API", tab "Error Code"; the vendor's API reference; life-cycle facts, section 3.
    pub(crate) const COMMON: &[(i64, Meaning)] = &[
        (6002, Meaning::InternalFault),
        (6007, Meaning::TokenNotAllowed),
        (10001, Meaning::SessionRefused),
        (10002, Meaning::InvalidInput),
        (10003, Meaning::InternalFault),
        (10004, Meaning::InternalFault),
        (10007, Meaning::InternalFault),
        (10011, Meaning::InternalFault),
        (20002, Meaning::InstallationFault),
        (20007, Meaning::InstallationFault),
        (21001, Meaning::GroupNotFound),
        (22001, Meaning::EmailTaken),
        (22002, Meaning::UserNotFound),
        (22004, Meaning::UserNotActive),
        (22005, Meaning::PhoneNumberMissing),
        (22006, Meaning::TargetIsAdmin),
        (22011, Meaning::InternalFault),
        (22013, Meaning::UserLimitReached),
        (22016, Meaning::UserNotLocked),
        (22023, Meaning::SmsCodeTooSoon),
        (22025, Meaning::UsernameTaken),
        (22027, Meaning::OtpTokenAlreadyRegistered),
        (22029, Meaning::EditPendingApproval),
        (22031, Meaning::InternalFault),
        (22033, Meaning::UserLocked),
        (23001, Meaning::CodeRejected),
        (23002, Meaning::SmsCodeTooSoon),
        (23004, Meaning::InstallationFault),
        (23008, Meaning::CodeRejected),
        (23009, Meaning::CodeRejected),
        (23010, Meaning::CodeRejected),
        (23013, Meaning::NoUsableDevice),
        (23014, Meaning::NoUsableDevice),
        (23016, Meaning::SessionRefused),
        (23017, Meaning::MethodNotEnabled),
        (23018, Meaning::SessionRefused),
        (23020, Meaning::GatewayRefused),
        (23021, Meaning::MethodNotEnabled),
        (23022, Meaning::GatewayRefused),
        (23023, Meaning::GatewayRefused),
        (23024, Meaning::GatewayRefused),
        (23025, Meaning::GatewayRefused),
        (23035, Meaning::TokenOutOfSync),
        (23036, Meaning::TokenLocked),
        (23039, Meaning::MethodNotEnabled),
        (25009, Meaning::InstallationFault),
        (26010, Meaning::CertificateNotOwned),
        (27001, Meaning::InstallationFault),
        (28001, Meaning::InstallationFault),
        (28003, Meaning::PasswordRejected(PasswordRule::History)),
        (28004, Meaning::PasswordRejected(PasswordRule::Length)),
        (28005, Meaning::PasswordRejected(PasswordRule::Complexity)),
        (28006, Meaning::PasswordRejected(PasswordRule::Blacklist)),
        (28007, Meaning::PasswordRejected(PasswordRule::Current)),
        (28008, Meaning::PasswordChangedRecently),
        (28010, Meaning::PasswordRejected(PasswordRule::Repetition)),
        (28011, Meaning::PasswordRejected(PasswordRule::Username)),
        (29001, Meaning::TokenNotFound),
        (29003, Meaning::TokenNotFound),
        (29004, Meaning::PhoneNumberTaken),
        (29008, Meaning::OtpTokenAlreadyRegistered),
        (29011, Meaning::WrongActivationCode),
        (29018, Meaning::SmsCodeTooSoon),
        (36000, Meaning::TokenNotFound),
        (36004, Meaning::NoUsableDevice),
        (54002, Meaning::CodesRejected),
        (55000, Meaning::SignatureRejected),
        (230_001, Meaning::InstallationFault),
    ];

    /// The code for success.
    pub(super) const SUCCESS: i64 = 0;

    /// The code `number`, which is not 0.
    pub(crate) fn new(number: i64) -> Self {
        Self(number)
    }

    /// The code as a number.
    pub fn get(self) -> i64 {
        self.0
    }

    /// What the code means in every call that does not define it otherwise.
    pub fn common_meaning(self) -> Meaning {
        let row = Self::COMMON.binary_search_by_key(&self.0, |(code, _)| *code);
        row.map_or(Meaning::Undocumented, |row| Self::COMMON[row].1)
    }
}

impl fmt::Display for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, ReturnCode};

    #[test]
    fn the_table_is_sorted_and_names_each_code_once() {
        assert!(ReturnCode::COMMON.is_sorted_by(|(one, _), (next, _)| one < next));
        for (code, meaning) in ReturnCode::COMMON {
            assert_eq!(ReturnCode::new(*code).common_meaning(), *meaning);
        }
        for code in [i64::MIN, -1, 1, 10_000, 22_003, 99_999, i64::MAX] {
            assert_eq!(ReturnCode::new(code).common_meaning(), Meaning::Undocumented);
        }
    }
}
