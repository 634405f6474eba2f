//! `PUT /CentagateWS/webresources/user/unbindAndDelete/{admin}`: deletes a user and unbinds every token.

use super::submit::submit;
use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::{Change, State};

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

fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let username = input.text("username");
    if state.users.get(&username).is_none() {
        return Err(ReturnCode::USER_NOT_FOUND);
    }
    submit(state, &username, Change::Delete)
}
