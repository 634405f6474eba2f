//! `POST /CentagateWS/webresources/auth/logout`: ends a session of the admin.

use super::{Call, Input, Members, Signature, Success};
use crate::ReturnCode;
use crate::state::State;

pub(super) const CALL: Call = Call {
    page: "`wire-facts.md` section 2.5",
    method: "POST",
    paths: &[(
        "/CentagateWS/webresources/auth/logout",
        Signature::App(&["username", "integrationKey", "unixTimestamp", "authToken"]),
    )],
    members: Members { required: &["username", "authToken"], ..Members::NONE },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::UNTRUSTED_ADDRESS,
        ReturnCode::INVALID_API_SIGNATURE,
        ReturnCode::REQUEST_EXPIRED,
        ReturnCode::API_NOT_FOUND,
        ReturnCode::AUTHENTICATION_ERROR,
    ],
    run,
};

/// A session that does not exist gives 23025: no other documented code fits.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    if input.text("username") == state.admin && state.sessions.end(&input.text("authToken")) {
        Ok(Success::executed())
    } else {
        Err(ReturnCode::AUTHENTICATION_ERROR)
    }
}
