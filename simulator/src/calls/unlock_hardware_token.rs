//! `PUT /CentagateWS/webresources/token/unlockToken/{admin}`: unlocks a user's OTP token.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::State;

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/unlockToken/{admin}", Signature::Admin)],
    members: Members { required: &["username"], ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
        ReturnCode::TOKEN_NOT_FOUND,
        ReturnCode::INVALID_TOKEN_STATUS,
    ],
    run,
};

/// A token that is not locked gives 29017.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if user.tokens.hardware.is_none() {
        return Err(ReturnCode::TOKEN_NOT_FOUND);
    }
    if !user.tokens.unlock() {
        return Err(ReturnCode::INVALID_TOKEN_STATUS);
    }
    Ok(Success::executed())
}
