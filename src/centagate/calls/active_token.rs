//! What both calls of `token/registerActiveToken` share: members and reply (life-cycle facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use super::bound_token_status::bound_token_status;
use crate::centagate::call::Answer;
use crate::centagate::object;
use crate::domain::BoundTokenStatus;

/// The members of the body.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Members<'a> {
    pub(super) username: &'a str,
    /// 1: SMS, 2: OTP.
    pub(super) token_type: &'static str,
    /// The serial number. For SMS, the reference calls it the mobile number.
    pub(super) token_sn: &'a str,
}

/// `{"boundTokenStatus"}` as JSON text in a string. The names in the object are dropped.
pub(super) fn decode(object: Value) -> Answer<Option<BoundTokenStatus>> {
    let status = object::Members::of(object).and_then(|mut it| it.word("boundTokenStatus", bound_token_status));
    let status = status.filter(|status| *status != BoundTokenStatus::Unknown);
    Answer { value: status, is_readable: status.is_some() }
}
