//! The result of each of CENTAGATE's return codes according to the contract. This table does not come from the product.

use centagate_gateway::centagate::Meaning;

/// The result of a return code in one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Code {
    pub(crate) number: i64,
    pub(crate) status: u16,
    pub(crate) problem: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) key: Key,
}

/// The effect on an `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Key {
    /// A retry gets the stored reply.
    Replay,
    /// A retry is executed as a new request.
    Release,
    /// A retry is refused, because the outcome is unknown.
    Unknown,
}

/// The codes that mean the same in every operation, unless the operation defines them differently.
pub(crate) const COMMON_CODES: &[(&[i64], Meaning)] = &[
    (&[10001, 23016, 23018], Meaning::SessionRefused),
    (&[10002], Meaning::InvalidInput),
    (&[29011], Meaning::WrongActivationCode),
    (&[23020, 23022, 23023, 23024, 23025], Meaning::GatewayRefused),
    (&[20002, 20007, 23004, 25009, 27001, 28001, 230_001], Meaning::InstallationFault),
    (&[6002, 10003, 10004, 10007, 10011, 22011, 22031], Meaning::InternalFault),
    (&[6007], Meaning::TokenNotAllowed),
    (&[21001], Meaning::GroupNotFound),
    (&[22001], Meaning::EmailTaken),
    (&[22002], Meaning::UserNotFound),
    (&[22004], Meaning::UserNotActive),
    (&[22005], Meaning::PhoneNumberMissing),
    (&[22006], Meaning::TargetIsAdmin),
    (&[22013], Meaning::UserLimitReached),
    (&[22016], Meaning::UserNotLocked),
    (&[22023, 23002, 29018], Meaning::SmsCodeTooSoon),
    (&[22025], Meaning::UsernameTaken),
    (&[22027, 29008], Meaning::OtpTokenAlreadyRegistered),
    (&[22029], Meaning::EditPendingApproval),
    (&[22033], Meaning::UserLocked),
    (&[23001, 23008, 23009, 23010], Meaning::CodeRejected),
    (&[23013, 23014, 36004], Meaning::NoUsableDevice),
    (&[23017, 23021, 23039], Meaning::MethodNotEnabled),
    (&[23035], Meaning::TokenOutOfSync),
    (&[23036], Meaning::TokenLocked),
    (&[26010], Meaning::CertificateNotOwned),
    (&[28008], Meaning::PasswordChangedRecently),
    (&[29001, 29003, 36000], Meaning::TokenNotFound),
    (&[29004], Meaning::PhoneNumberTaken),
    (&[54002], Meaning::CodesRejected),
    (&[55000], Meaning::SignatureRejected),
];

/// The codes of a password that breaks a rule.
pub(crate) const PASSWORD_CODES: [i64; 7] = [28003, 28004, 28005, 28006, 28007, 28010, 28011];

/// Undocumented codes.
pub(crate) const UNDOCUMENTED_CODES: [i64; 7] = [1, -1, 10000, 22026, 99_999, 230_002, 4_000_000_000];

/// The result of a code with this meaning. Only an operation that checks a credential counts failed attempts
/// (`refused`).
pub(crate) fn code(number: i64, meaning: Meaning, checks_credential: bool) -> Code {
    let refused = if checks_credential { "refused" } else { "notExecuted" };
    let (status, problem, outcome) = match meaning {
        Meaning::InvalidInput | Meaning::WrongActivationCode => (422, "rejected_by_centagate", "notExecuted"),
        Meaning::SessionRefused | Meaning::GatewayRefused => (502, "centagate_denied", "notExecuted"),
        Meaning::InstallationFault => (502, "centagate_failed", "notExecuted"),
        Meaning::InternalFault => (502, "centagate_failed", "unknown"),
        Meaning::GroupNotFound => (422, "group_not_found", "notExecuted"),
        Meaning::EmailTaken => (409, "email_taken", "notExecuted"),
        Meaning::UsernameTaken => (409, "username_taken", "notExecuted"),
        Meaning::UserNotFound => (404, "user_not_found", "notExecuted"),
        Meaning::UserNotActive => (409, "user_not_active", "notExecuted"),
        Meaning::UserLimitReached => (403, "user_limit_reached", "notExecuted"),
        Meaning::PhoneNumberMissing => (409, "phone_number_missing", "notExecuted"),
        Meaning::PhoneNumberTaken => (409, "phone_number_taken", "notExecuted"),
        Meaning::TargetIsAdmin => (403, "forbidden", "notExecuted"),
        Meaning::UserLocked => (409, "user_locked", refused),
        Meaning::UserNotLocked => (409, "user_not_locked", "notExecuted"),
        Meaning::EditPendingApproval => (409, "edit_pending_approval", "unknown"),
        Meaning::OtpTokenAlreadyRegistered => (409, "otp_token_already_registered", "notExecuted"),
        Meaning::TokenNotFound => (404, "token_not_found", "notExecuted"),
        Meaning::TokenNotAvailable => (422, "token_not_available", "notExecuted"),
        Meaning::TokenNotActive => (409, "token_not_active", "notExecuted"),
        Meaning::TokenNotLocked => (409, "token_not_locked", "notExecuted"),
        Meaning::TokenNotAllowed => (403, "token_not_allowed", "notExecuted"),
        Meaning::TokenLocked => (409, "token_locked", refused),
        Meaning::TokenOutOfSync => (422, "token_out_of_sync", refused),
        Meaning::CodeRejected => (422, "code_rejected", refused),
        Meaning::CodesRejected => (422, "codes_rejected", refused),
        Meaning::SmsCodeTooSoon => (429, "sms_code_too_soon", "notExecuted"),
        Meaning::NoUsableDevice => (409, "no_usable_device", "notExecuted"),
        Meaning::MethodNotEnabled => (409, "method_not_enabled", "notExecuted"),
        Meaning::CertificateNotOwned => (422, "certificate_not_owned", "notExecuted"),
        Meaning::SignatureRejected => (422, "signature_rejected", "notExecuted"),
        Meaning::PasswordRejected(_) => (422, "password_rejected", "notExecuted"),
        Meaning::PasswordChangedRecently => (409, "password_changed_recently", "notExecuted"),
        Meaning::Undocumented => (502, "centagate_unexpected", "unknown"),
    };
    let key = match (problem, outcome) {
        ("email_taken" | "username_taken" | "phone_number_taken" | "otp_token_already_registered", _) => Key::Replay,
        (_, "unknown") => Key::Unknown,
        _ => Key::Release,
    };
    Code { number, status, problem, outcome, key }
}
