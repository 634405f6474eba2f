//! `PUT /CentagateWS/webresources/user/unlockUser/{admin}`: unlocks a user.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::State;

const OWN_ACCOUNT: ReturnCode = ReturnCode::new("22006", "Not allowed on own account");
const NOT_LOCKED: ReturnCode = ReturnCode::new("22016", "User is not locked");

pub(super) const CALL: Call = Call {
    page: "API reference, and `life-cycle-facts.md` section 2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/user/unlockUser/{admin}", Signature::Admin)],
    members: Members { required: &["lockedUsername"], ..Members::NONE },
    object: "an empty string",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::COMPANY_NOT_FOUND,
        ReturnCode::USER_NOT_FOUND,
        OWN_ACCOUNT,
        NOT_LOCKED,
    ],
    run,
};

/// The page does not order its codes. The order here: company, own account, user, lock.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let username = input.text("lockedUsername");
    if !state.company_exists {
        return Err(ReturnCode::COMPANY_NOT_FOUND);
    }
    if username == state.admin {
        return Err(OWN_ACCOUNT);
    }
    let user = state.users.get_mut(&username).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if !user.locked {
        return Err(NOT_LOCKED);
    }
    user.set_locked(false);
    Ok(Success::executed())
}
