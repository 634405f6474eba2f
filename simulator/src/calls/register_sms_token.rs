//! `PUT /CentagateWS/webresources/token/registerActiveToken/{admin}`: binds a phone number to a user (`tokenType` 1).

use super::{Call, Input, Members, Signature, Success, active_token};
use crate::ReturnCode;
use crate::state::{BoundToken, State};

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/registerActiveToken/{admin}", Signature::Admin)],
    members: Members { required: &["username", "tokenSn"], selector: Some(("tokenType", "1")), ..Members::NONE },
    object: active_token::OBJECT,
    codes: active_token::CODES,
    run,
};

/// A phone number belongs to one user. A second number of the same user replaces the first (inferred).
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let (username, number) = (input.text("username"), input.text("tokenSn"));
    if state.users.get(&username).is_none() {
        return Err(ReturnCode::USER_NOT_FOUND);
    }
    if state.users.iter().any(|user| user.tokens.sms.as_ref().is_some_and(|token| token.sn == number)) {
        return Err(active_token::PHONE_NUMBER_USED);
    }
    let user = state.users.get_mut(&username).ok_or(ReturnCode::USER_NOT_FOUND)?;
    let token = BoundToken { sn: number, status: "1".to_owned() };
    let object = active_token::object(user, &token, true);
    user.tokens.sms = Some(token);
    Ok(Success { object: object.into(), executed: true })
}
