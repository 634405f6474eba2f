//! `PUT /CentagateWS/webresources/token/register/otp/offline/{admin}`: gives a user an OTP token and returns its key.

use serde_json::json;

use super::{Call, Input, Members, Signature, Success};
use crate::state::{BoundToken, Secret, State};
use crate::{OfflineKey, ReturnCode, credential};

pub(super) const CALL: Call = Call {
    page: "`life-cycle-facts.md` section 3.2",
    method: "PUT",
    paths: &[("/CentagateWS/webresources/token/register/otp/offline/{admin}", Signature::Admin)],
    members: Members { required: &["username"], ..Members::NONE },
    object: "a string that holds the JSON text `{\"key\":…}`, or as the open answer `offlineKey` says",
    codes: &[
        ReturnCode::SUCCESS,
        ReturnCode::PERMISSION_NOT_ALLOWED,
        ReturnCode::USER_NOT_FOUND,
        ReturnCode::TOKEN_NOT_FOUND,
        ReturnCode::OTP_TOKEN_ALREADY_REGISTERED,
    ],
    run,
};

/// The documents say both that `object` is always empty and that it contains `key`. [`OpenAnswers`](crate::OpenAnswers)
/// selects the shape.
fn run(state: &mut State, input: &Input) -> Result<Success, ReturnCode> {
    let user = state.users.get_mut(&input.text("username")).ok_or(ReturnCode::USER_NOT_FOUND)?;
    if user.tokens.hardware.is_some() {
        return Err(ReturnCode::OTP_TOKEN_ALREADY_REGISTERED);
    }
    user.tokens.hardware = Some(BoundToken { sn: format!("OFFLINE{}", user.id), status: "1".to_owned() });
    user.tokens.wrong_codes = 0;
    let key = user.tokens.offline_key.insert(Secret(credential::offline_key()));
    let object = json!({"key": key});
    let object = match state.open_answers.offline_key {
        OfflineKey::JsonText => object.to_string().into(),
        OfflineKey::Object => object,
        OfflineKey::PlainText => json!(key),
    };
    Ok(Success { object, executed: true })
}
