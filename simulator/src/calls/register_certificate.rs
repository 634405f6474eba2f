//! `PUT /CentagateWS/webresources/cert/register/pkcs7/{admin}`: binds a certificate to a user.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Call, Input, Members, Signature, Success};
use crate::state::{Certificate, State};
use crate::{ReturnCode, Timestamp};

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/cert/register/pkcs7/{admin}", Signature::Admin)],
    members: Members {
        required: &["username", "signature", "timestamp", "status"],
        optional: &["algorithm"],
        ..Members::NONE
    },
    object: "`\"\"`",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::INVALID_INPUT,
        ReturnCode::DB_PROTECTION_ERROR,
        ReturnCode::DB_ERROR,
        ReturnCode::CRYPTO_ERROR,
        ReturnCode::USER_NOT_FOUND,
        ReturnCode::USER_NOT_ACTIVE,
        ReturnCode::TOKEN_ALREADY_BOUND,
    ],
    run,
};

/// The page does not order its codes. The order here: input, user, active, already bound.
///
/// The simulator does not read the PKCS#7 message: its certificate gets a serial number of its own.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let status = input.text("status");
    let timestamp: u64 = input.text("timestamp").parse().map_err(|_| ReturnCode::INVALID_INPUT)?;
    let timestamp_seconds = match state.open_answers.timestamp {
        Timestamp::Milliseconds => timestamp / 1000,
        Timestamp::Seconds => timestamp,
    };
    let is_valid = matches!(status.as_str(), "1" | "2" | "3" | "4")
        && matches!(input.optional("algorithm"), None | Some("0" | "1" | "2" | "3"))
        && state.clock.is_close_to(timestamp_seconds)
        && STANDARD.decode(input.text("signature")).is_ok();
    if !is_valid {
        return Err(ReturnCode::INVALID_INPUT);
    }
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if !user.active {
        return Err(ReturnCode::USER_NOT_ACTIVE);
    }
    if !user.certificates.is_empty() {
        return Err(ReturnCode::TOKEN_ALREADY_BOUND);
    }
    user.certificates.push(Certificate {
        sn: format!("CERT{}", user.id),
        subject_dn: format!("CN={}", user.username),
        revoked: "0".to_owned(),
        ..Certificate::default()
    });
    user.certificate_status = status;
    Ok(Success::executed())
}
