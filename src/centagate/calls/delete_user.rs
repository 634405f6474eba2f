//! `user/unbindAndDelete`: unbinds all tokens of a user and deletes the user (vendor's API reference; life-cycle facts,
//! section 3.1).

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::Username;

/// A user to delete.
#[derive(Debug)]
pub struct DeleteUser {
    /// The user name.
    pub username: Username,
}

#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
}

impl Call for DeleteUser {
    const CALL: &'static CallSpec = &CallSpec {
        path: "user/unbindAndDelete",
        connection: ConnectionKind::Shared,
        codes: &[(22002, Meaning::UserNotFound)],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members { username: self.username.as_str() }
    }

    /// The reply has no values: its `object` is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
