//! `token/unlockToken`: unlocks a user's OTP token (vendor's API reference; life-cycle facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::Username;

/// A user whose OTP token to unlock.
#[derive(Debug)]
pub struct UnlockHardwareToken {
    /// The user who has the token.
    pub username: Username,
}

/// The call takes no serial number.
#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
}

impl Call for UnlockHardwareToken {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/unlockToken",
        connection: ConnectionKind::Shared,
        codes: &[(22002, Meaning::UserNotFound), (29001, Meaning::TokenNotFound), (29017, Meaning::TokenNotLocked)],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members { username: self.username.as_str() }
    }

    /// The object is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
