//! `user/status/update`: activates or deactivates a user (vendor's API reference; life-cycle facts, section 3.1).

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{UserStatus, Username};

/// A user to activate or deactivate.
#[derive(Debug)]
pub struct SetUserStatus {
    /// The user name.
    pub username: Username,
    /// The status that the user gets.
    pub status: UserStatus,
}

#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
    status: &'static str,
}

impl Call for SetUserStatus {
    const CALL: &'static CallSpec = &CallSpec {
        path: "user/status/update",
        connection: ConnectionKind::Shared,
        codes: &[(22002, Meaning::UserNotFound)],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members {
            username: self.username.as_str(),
            status: match self.status {
                UserStatus::Active => "1",
                UserStatus::Inactive => "0",
            },
        }
    }

    /// The reply has no values: its `object` is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
