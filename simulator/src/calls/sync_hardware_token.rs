//! `PUT /CentagateWS/webresources/token/syncToken/{admin}`: synchronises a user's OTP token.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::State;

const NOT_BOUND_TO_USER: ReturnCode = ReturnCode::new("29003", "Token is not bound to the user");
const SYNC_FAILED: ReturnCode = ReturnCode::new("54002", "Sync OTP failed");

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/syncToken/{admin}", Signature::Admin)],
    members: Members { required: &["username", "otpStr1", "otpStr2"], ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
        ReturnCode::TOKEN_NOT_FOUND,
        ReturnCode::TOKEN_NOT_ACTIVE,
        NOT_BOUND_TO_USER,
        ReturnCode::TOKEN_OF_NOBODY,
        SYNC_FAILED,
    ],
    run,
};

/// A token that is not active gives 29002, and so does a locked one (inferred).
///
/// The simulator's tokens compute no codes. Two codes match unless they are equal or one of them is all zeros. Wrong codes
/// lock the token.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    let token = user.tokens.hardware.as_ref().ok_or(ReturnCode::TOKEN_NOT_FOUND)?;
    if token.status != "1" {
        return Err(ReturnCode::TOKEN_NOT_ACTIVE);
    }
    let codes = [input.text("otpStr1"), input.text("otpStr2")];
    let is_wrong = |code: &String| code.chars().all(|digit| digit == '0');
    if codes[0] == codes[1] || codes.iter().any(is_wrong) {
        user.tokens.count_wrong_code(state.allowed_attempts);
        return Err(SYNC_FAILED);
    }
    user.tokens.wrong_codes = 0;
    Ok(Success::executed())
}
