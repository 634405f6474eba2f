//! `PUT /CentagateWS/webresources/token/registerActiveToken/{admin}`: binds a hardware token to a user (`tokenType` 2).

use super::{Call, Input, Members, Signature, Success, active_token};
use crate::ReturnCode;
use crate::state::{BoundToken, State};

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/registerActiveToken/{admin}", Signature::Admin)],
    members: Members { required: &["username", "tokenSn"], selector: Some(("tokenType", "2")), ..Members::NONE },
    object: active_token::OBJECT,
    codes: active_token::CODES,
    run,
};

/// The token must be in the stock. A token that is bound to another user gives 29017, an unknown one 29001.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let serial_number = input.text("tokenSn");
    let is_bound =
        state.users.iter().any(|user| user.tokens.hardware.as_ref().is_some_and(|token| token.sn == serial_number));
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if user.tokens.hardware.is_some() {
        return Err(ReturnCode::OTP_TOKEN_ALREADY_REGISTERED);
    }
    if is_bound {
        return Err(ReturnCode::INVALID_TOKEN_STATUS);
    }
    if !state.stock.remove(&serial_number) {
        return Err(ReturnCode::TOKEN_NOT_FOUND);
    }
    let token = BoundToken { sn: serial_number, status: "1".to_owned() };
    let object = active_token::object(user, &token, false);
    user.tokens.hardware = Some(token);
    user.tokens.wrong_codes = 0;
    Ok(Success { object: object.into(), executed: true })
}
