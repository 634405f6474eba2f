//! `PUT /CentagateWS/webresources/token/update/token/status/{admin}`: changes the status of a user's token.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::{State, TokenKind};

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/update/token/status/{admin}", Signature::Admin)],
    members: Members { required: &["username", "type", "status"], ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
        ReturnCode::TOKEN_NOT_FOUND,
    ],
    run,
};

/// The current status may be set again. Status `5` (suspended) can only be read.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let kind = TokenKind::parse(&input.text("type")).ok_or(ReturnCode::INVALID_INPUT)?;
    let status = input.text("status");
    if !matches!(status.as_str(), "1" | "2" | "3" | "4") {
        return Err(ReturnCode::INVALID_INPUT);
    }
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if !user.set_token_status(kind, &status, &state.open_answers) {
        return Err(ReturnCode::TOKEN_NOT_FOUND);
    }
    Ok(Success::executed())
}
