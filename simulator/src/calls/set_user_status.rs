//! `PUT /CentagateWS/webresources/user/status/update/{admin}`: activates or deactivates a user.

use super::submit::submit;
use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::{Change, State};

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.1",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/user/status/update/{admin}", Signature::Admin)],
    members: Members { required: &["username", "status"], ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
    ],
    run,
};

/// Status `1` means active, `0` inactive. The current status may be set again.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let active = match input.text("status").as_str() {
        "0" => false,
        "1" => true,
        _ => return Err(ReturnCode::INVALID_INPUT),
    };
    let username = input.text("username");
    if state.users.get(&username).is_none() {
        return Err(ReturnCode::USER_NOT_FOUND);
    }
    submit(state, &username, Change::SetActive(active))
}
