//! `PUT /CentagateWS/webresources/token/getStatus/{admin}`: reads the status of a user's token.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::{State, TokenKind};

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/getStatus/{admin}", Signature::Admin)],
    members: Members { required: &["username", "type"], ..Members::NONE },
    object: "the status, a bare string of one digit; `\"\"` without such a token",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
    ],
    run,
};

fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let kind = TokenKind::parse(&input.text("type")).ok_or(ReturnCode::INVALID_INPUT)?;
    let user = state.users.get(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    Ok(Success { object: user.token_status(kind, &state.open_answers).unwrap_or_default().into(), executed: false })
}
