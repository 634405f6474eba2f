//! `token/syncToken`: synchronises a user's OTP token (vendor's API reference; life-cycle facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{OneTimeCode, Username};

/// An OTP token to synchronise.
#[derive(Debug)]
pub struct SyncHardwareToken {
    /// The user who has the token.
    pub username: Username,
    /// Two consecutive codes of the token, the older one first.
    pub codes: [OneTimeCode; 2],
}

/// The call takes no serial number.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    username: &'a str,
    otp_str1: &'a str,
    otp_str2: &'a str,
}

impl Call for SyncHardwareToken {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/syncToken",
        connection: ConnectionKind::Dedicated,
        codes: &[
            (22002, Meaning::UserNotFound),
            (29001, Meaning::TokenNotFound),
            (29002, Meaning::TokenNotActive),
            (29003, Meaning::TokenNotFound),
            (29013, Meaning::TokenNotFound),
            (54002, Meaning::CodesRejected),
        ],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        let [first, second] = &self.codes;
        Members { username: self.username.as_str(), otp_str1: first.expose(), otp_str2: second.expose() }
    }

    /// The object is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
