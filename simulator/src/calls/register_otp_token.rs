//! `PUT /CentagateWS/webresources/device/register/onetimepin/{admin}`: binds a mobile token to a user.

use serde_json::json;

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::{MobileToken, State};

pub(super) const CALL: Call = Call {
    page: "page \"Token Registration (One Time Pin) API\"",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/device/register/onetimepin/{admin}", Signature::Admin)],
    members: Members { required: &["username", "status"], optional: &["validity"], ..Members::NONE },
    object: "a string that holds the JSON text `{\"qr\":…,\"passcode\":…}`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::DB_PROTECTION_ERROR,
        ReturnCode::DB_ERROR,
        ReturnCode::CRYPTO_ERROR,
        ReturnCode::USER_NOT_FOUND,
        ReturnCode::USER_NOT_ACTIVE,
        ReturnCode::TOKEN_ALREADY_BOUND,
    ],
    run,
};

/// The page does not order its codes. The order here: input, user, active, already bound.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let status = input.text("status");
    let validity_seconds = match input.optional("validity") {
        Some(text) => text.parse().map_err(|_| ReturnCode::INVALID_INPUT)?,
        None => MobileToken::DEFAULT_VALIDITY_SECONDS,
    };
    if validity_seconds == 0 || !matches!(status.as_str(), "1" | "2" | "3" | "4") {
        return Err(ReturnCode::INVALID_INPUT);
    }
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if !user.active {
        return Err(ReturnCode::USER_NOT_ACTIVE);
    }
    if user.tokens.mobile.is_some() {
        return Err(ReturnCode::TOKEN_ALREADY_BOUND);
    }
    let token = user.tokens.mobile.insert(MobileToken::fresh(status, validity_seconds));
    let object = json!({"qr": token.qr, "passcode": token.passcode}).to_string();
    Ok(Success { object: object.into(), executed: true })
}
