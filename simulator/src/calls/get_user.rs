//! `PUT /CentagateWS/webresources/user/auth/list/{admin}`: lists what is bound to a user.
//!
//! Members and values: `wire-facts.md` sections 1.2 and 4.4.

use serde_json::{Value, json};

use super::{Call, Input, Members, Signature, Success};
use crate::state::{State, listed_status};
use crate::{ReturnCode, User};

pub(super) const CALL: Call = Call {
    page: "page \"Request List of User Bound Authentication Methods API\", codes in `wire-facts.md` section 4.1",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/user/auth/list/{admin}", Signature::Admin)],
    members: Members { required: &["username"], ..Members::NONE },
    object: "a string that holds the JSON text `{\"tokenList\":[…],\"certList\":[…],\"device\":…}`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::USER_NOT_FOUND,
    ],
    run,
};

fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let user = state.users.get(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    let object = json!({
        "tokenList": token_list(user),
        "certList": user.certificates,
        "device": user.device,
    });
    Ok(Success { object: object.to_string().into(), executed: false })
}

/// The user's tokens. Types in this list: 1 SMS, 2 OTP, 3 FIDO.
fn token_list(user: &User) -> Vec<Value> {
    let bound = [("1", &user.tokens.sms), ("2", &user.tokens.hardware)];
    let bound = bound.into_iter().filter_map(|(kind, token)| {
        token.as_ref().map(|token| json!({"sn": token.sn, "type": kind, "status": token.status}))
    });
    mobile_token(user).into_iter().chain(bound).collect()
}

/// The user's mobile token as an item of `tokenList`.
///
/// The documents do not say how the list shows this token. Its serial number is the simulator's choice.
fn mobile_token(user: &User) -> Option<Value> {
    let token = user.tokens.mobile.as_ref()?;
    Some(json!({"sn": format!("PIN{}", user.id), "type": "2", "status": listed_status(&token.status)}))
}
