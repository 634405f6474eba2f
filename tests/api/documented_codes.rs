//! The return codes that CENTAGATE's documents list for each call, and their meanings. This list comes from section 3
//! of the life-cycle facts and from the contract, not from the product.

use centagate_gateway::centagate::{Meaning, PasswordRule};

/// The return codes of a call, grouped by meaning.
type Codes = &'static [(&'static [i64], Meaning)];

const SESSION_REFUSED: (&[i64], Meaning) = (&[10001], Meaning::SessionRefused);
const INVALID_INPUT: (&[i64], Meaning) = (&[10002], Meaning::InvalidInput);
const DATABASE: (&[i64], Meaning) = (&[10003, 10004], Meaning::InternalFault);
const CRYPTOGRAPHY: (&[i64], Meaning) = (&[10011], Meaning::InternalFault);
const COMPANY: (&[i64], Meaning) = (&[20002], Meaning::InstallationFault);
const GROUP_NOT_FOUND: (&[i64], Meaning) = (&[21001], Meaning::GroupNotFound);
const USER_NOT_FOUND: (&[i64], Meaning) = (&[22002], Meaning::UserNotFound);
const USER_NOT_ACTIVE: (&[i64], Meaning) = (&[22004], Meaning::UserNotActive);
const ALREADY_BOUND: (&[i64], Meaning) = (&[22027], Meaning::OtpTokenAlreadyRegistered);

/// The codes of each operation's call.
const CODES: &[(&str, Codes)] = &[
    (
        "createUser",
        &[
            INVALID_INPUT,
            DATABASE,
            COMPANY,
            GROUP_NOT_FOUND,
            (&[22001], Meaning::EmailTaken),
            (&[22011], Meaning::InternalFault),
            (&[22013], Meaning::UserLimitReached),
            (&[22025], Meaning::UsernameTaken),
            (&[27001], Meaning::InstallationFault),
        ],
    ),
    ("getUser", &[SESSION_REFUSED, INVALID_INPUT, USER_NOT_FOUND]),
    (
        "updateUser",
        &[
            SESSION_REFUSED,
            INVALID_INPUT,
            DATABASE,
            COMPANY,
            GROUP_NOT_FOUND,
            USER_NOT_FOUND,
            (&[22029], Meaning::EditPendingApproval),
            (&[22031], Meaning::InternalFault),
            // Listed only in the contract: the call can change the e-mail address.
            (&[22001], Meaning::EmailTaken),
        ],
    ),
    ("setUserStatus", &[SESSION_REFUSED, INVALID_INPUT, USER_NOT_FOUND]),
    (
        "unlockUser",
        &[
            SESSION_REFUSED,
            INVALID_INPUT,
            COMPANY,
            USER_NOT_FOUND,
            (&[22006], Meaning::TargetIsAdmin),
            (&[22016], Meaning::UserNotLocked),
        ],
    ),
    // No document describes the call. These are the contract's codes for passwords.
    (
        "setPassword",
        &[
            USER_NOT_FOUND,
            (&[28001], Meaning::InstallationFault),
            (&[28003], Meaning::PasswordRejected(PasswordRule::History)),
            (&[28004], Meaning::PasswordRejected(PasswordRule::Length)),
            (&[28005], Meaning::PasswordRejected(PasswordRule::Complexity)),
            (&[28006], Meaning::PasswordRejected(PasswordRule::Blacklist)),
            (&[28007], Meaning::PasswordRejected(PasswordRule::Current)),
            (&[28008], Meaning::PasswordChangedRecently),
            (&[28010], Meaning::PasswordRejected(PasswordRule::Repetition)),
            (&[28011], Meaning::PasswordRejected(PasswordRule::Username)),
        ],
    ),
    ("deleteUser", &[SESSION_REFUSED, INVALID_INPUT, USER_NOT_FOUND]),
    (
        "registerOtpToken",
        &[SESSION_REFUSED, INVALID_INPUT, DATABASE, CRYPTOGRAPHY, USER_NOT_FOUND, USER_NOT_ACTIVE, ALREADY_BOUND],
    ),
    (
        "registerSmsToken",
        &[
            SESSION_REFUSED,
            INVALID_INPUT,
            DATABASE,
            USER_NOT_FOUND,
            (&[6002], Meaning::InternalFault),
            (&[6007], Meaning::TokenNotAllowed),
            (&[29001], Meaning::TokenNotFound),
            (&[29002, 29017], Meaning::TokenNotAvailable),
            (&[29004], Meaning::PhoneNumberTaken),
            (&[29008], Meaning::OtpTokenAlreadyRegistered),
            (&[29011], Meaning::WrongActivationCode),
        ],
    ),
    (
        "registerHardwareToken",
        &[
            SESSION_REFUSED,
            INVALID_INPUT,
            DATABASE,
            USER_NOT_FOUND,
            (&[6002], Meaning::InternalFault),
            (&[6007], Meaning::TokenNotAllowed),
            (&[29001, 29002, 29017], Meaning::TokenNotAvailable),
            (&[29004], Meaning::PhoneNumberTaken),
            (&[29008], Meaning::OtpTokenAlreadyRegistered),
            (&[29011], Meaning::WrongActivationCode),
        ],
    ),
    (
        "registerCertificate",
        &[SESSION_REFUSED, INVALID_INPUT, DATABASE, CRYPTOGRAPHY, USER_NOT_FOUND, USER_NOT_ACTIVE, ALREADY_BOUND],
    ),
    (
        "registerOfflineToken",
        &[
            SESSION_REFUSED,
            USER_NOT_FOUND,
            (&[29001], Meaning::TokenNotAvailable),
            (&[29008], Meaning::OtpTokenAlreadyRegistered),
        ],
    ),
    // Only the contract lists 29001.
    ("getTokenStatus", &[SESSION_REFUSED, INVALID_INPUT, USER_NOT_FOUND, (&[29001], Meaning::TokenNotFound)]),
    ("setTokenStatus", &[SESSION_REFUSED, INVALID_INPUT, USER_NOT_FOUND, (&[29001], Meaning::TokenNotFound)]),
    (
        "unregisterToken",
        &[
            SESSION_REFUSED,
            INVALID_INPUT,
            DATABASE,
            USER_NOT_FOUND,
            // The documents contradict each other: a missing certificate is 26001 or 26011.
            (&[26001, 26011, 29001, 29013, 36000], Meaning::TokenNotFound),
        ],
    ),
    (
        "unlockHardwareToken",
        &[
            SESSION_REFUSED,
            INVALID_INPUT,
            USER_NOT_FOUND,
            (&[29001], Meaning::TokenNotFound),
            (&[29017], Meaning::TokenNotLocked),
        ],
    ),
    (
        "syncHardwareToken",
        &[
            SESSION_REFUSED,
            INVALID_INPUT,
            USER_NOT_FOUND,
            (&[29001, 29003, 29013], Meaning::TokenNotFound),
            (&[29002], Meaning::TokenNotActive),
            (&[54002], Meaning::CodesRejected),
        ],
    ),
];

/// The operations whose call checks a credential and may count a failed attempt (contract, section 2).
const CREDENTIAL_CHECKS: [&str; 1] = ["syncHardwareToken"];

/// The documented return codes of this operation's call, with their meanings.
pub(crate) fn documented_codes(id: &str) -> impl Iterator<Item = (i64, Meaning)> {
    let row = CODES.iter().find(|(operation, _)| *operation == id);
    let (_, codes) = row.unwrap_or_else(|| panic!("{id} has no row in the table of documented return codes"));
    codes.iter().flat_map(|(numbers, meaning)| numbers.iter().map(|number| (*number, *meaning)))
}

/// Whether the operation's call checks a credential.
pub(crate) fn checks_credential(id: &str) -> bool {
    CREDENTIAL_CHECKS.contains(&id)
}
