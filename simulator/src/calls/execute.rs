//! Checks a request and applies its call to the state.

use super::{Body, Input, Operation, Signature, Success, Target, signature};
use crate::ReturnCode;
use crate::state::State;

/// Checks and executes a request. `body` is `None` if the body is not a JSON object.
///
/// The documents do not order the checks: an admin's signature is checked before the members, an app's signature, which
/// covers the members, after them.
pub(crate) fn execute(state: &mut State, target: &Target, body: Option<&Body>) -> Result<Success, ReturnCode> {
    let body = body.ok_or(ReturnCode::INVALID_INPUT)?;
    let call = target.operation.call();
    let is_admin_signed = target.signature == Signature::Admin;
    if is_admin_signed {
        let denial = match target.operation {
            Operation::CreateUser => state.registration_denial,
            _ => ReturnCode::PERMISSION_NOT_ALLOWED,
        };
        let path_name = target.path_value.as_ref().map(|(_, name)| name.as_str());
        if !signature::is_cen_token_valid(state, path_name, body)? {
            return Err(denial);
        }
    }
    let input = Input::read(body, &call.members, target.path_value.as_ref())?;
    if let Signature::App(signed_members) = target.signature {
        signature::check_hmac(state, signed_members, body)?;
    }
    let success = (call.run)(state, &input)?;
    if success.executed && is_admin_signed {
        state.executions += 1;
    }
    Ok(success)
}
