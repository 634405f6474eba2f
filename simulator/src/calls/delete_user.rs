//! `PUT /CentagateWS/webresources/user/unbindAndDelete/{admin}`: deletes a user and unbinds every token.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::State;

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.1",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/user/unbindAndDelete/{admin}", Signature::Admin)],
    members: Members { required: &["username"], ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
    ],
    run,
};

/// An unbound hardware token goes back to the stock (inferred).
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let user = state.users.remove(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if user.tokens.offline_key.is_none()
        && let Some(token) = user.tokens.hardware
    {
        state.stock.insert(token.sn);
    }
    Ok(Success::executed())
}
