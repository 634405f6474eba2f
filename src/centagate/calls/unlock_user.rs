//! `user/unlockUser`: unlocks a user (vendor's API reference; life-cycle facts, section 2).

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::Username;

/// A user to unlock.
#[derive(Debug)]
pub struct UnlockUser {
    /// The user name.
    pub username: Username,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    locked_username: &'a str,
}

impl Call for UnlockUser {
    const CALL: &'static CallSpec = &CallSpec {
        path: "user/unlockUser",
        connection: ConnectionKind::Shared,
        codes: &[(22002, Meaning::UserNotFound), (22006, Meaning::TargetIsAdmin), (22016, Meaning::UserNotLocked)],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members { locked_username: self.username.as_str() }
    }

    /// The reply has no values: no document describes its `object`.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
