//! What the registrations of SMS and hardware tokens share: their codes and the text of `object`.

use serde_json::json;

use crate::state::BoundToken;
use crate::{ReturnCode, User};

pub(super) const PHONE_NUMBER_USED: ReturnCode = ReturnCode::new("29004", "Phone number had been used");

/// The codes of `token/registerActiveToken`.
pub(super) const CODES: &[ReturnCode] = &[
    ReturnCode::SUCCESS,
    ReturnCode::PERMISSION_NOT_ALLOWED,
    ReturnCode::INVALID_INPUT,
    ReturnCode::DB_PROTECTION_ERROR,
    ReturnCode::DB_ERROR,
    ReturnCode::USER_NOT_FOUND,
    ReturnCode::TOKEN_NOT_FOUND,
    ReturnCode::TOKEN_NOT_ACTIVE,
    PHONE_NUMBER_USED,
    ReturnCode::OTP_TOKEN_ALREADY_REGISTERED,
    ReturnCode::new("29011", "Invalid token activation code"),
    ReturnCode::INVALID_TOKEN_STATUS,
    ReturnCode::new("6002", "Token binding failed"),
    ReturnCode::new("6007", "Token type not allowed for the user"),
];

/// The description of `object`.
pub(super) const OBJECT: &str = "a string that holds the JSON text `{\"boundUser\":…,\"boundTokenStatus\":…,…}`";

/// The JSON text of `object`, with the vendor's spelling of `boundUserFirtName`.
pub(super) fn object(user: &User, token: &BoundToken, is_mobile_default: bool) -> String {
    json!({
        "boundUser": user.username,
        "boundUserFirtName": user.first_name,
        "boundUserLastName": user.last_name,
        "boundMobileDefault": if is_mobile_default { "1" } else { "0" },
        "boundTokenStatus": token.status,
    })
    .to_string()
}
