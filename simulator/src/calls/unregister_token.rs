//! `PUT /CentagateWS/webresources/token/unregisterActiveToken/{admin}`: unbinds a user's token.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::{State, TokenKind};

const CERTIFICATE_NOT_FOUND: ReturnCode = ReturnCode::new("26011", "Certificate not found");
const DEVICE_NOT_FOUND: ReturnCode = ReturnCode::new("36000", "Device not found");

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/unregisterActiveToken/{admin}", Signature::Admin)],
    members: Members { required: &["username", "type"], ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::DB_PROTECTION_ERROR,
        ReturnCode::DB_ERROR,
        ReturnCode::USER_NOT_FOUND,
        ReturnCode::TOKEN_NOT_FOUND,
        ReturnCode::TOKEN_OF_NOBODY,
        CERTIFICATE_NOT_FOUND,
        DEVICE_NOT_FOUND,
    ],
    run,
};

/// The page does not say which code answers which missing token (inferred). [`OpenAnswers`](crate::OpenAnswers)
/// says which type reaches a hardware token.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let kind = TokenKind::parse(&input.text("type")).ok_or(ReturnCode::INVALID_INPUT)?;
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if user.unbind_token(kind, &state.open_answers, &mut state.stock) {
        return Ok(Success::executed());
    }
    Err(match kind {
        TokenKind::Mobile => DEVICE_NOT_FOUND,
        TokenKind::Sms => ReturnCode::TOKEN_NOT_FOUND,
        TokenKind::Challenge => ReturnCode::TOKEN_OF_NOBODY,
        TokenKind::Pki => CERTIFICATE_NOT_FOUND,
    })
}
