//! `token/update/token/status`: sets the status of a user's token (vendor's API reference; life-cycle facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use super::otp_token_status::otp_token_status;
use super::token_type::token_type;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{OtpTokenStatus, TokenKind, Username};

/// A token whose status to set.
#[derive(Debug)]
pub struct SetTokenStatus {
    /// The user who has the token.
    pub username: Username,
    /// The kind of the token.
    pub kind: TokenKind,
    /// The status that the token gets.
    pub status: OtpTokenStatus,
}

#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
    r#type: &'static str,
    status: &'static str,
}

impl Call for SetTokenStatus {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/update/token/status",
        connection: ConnectionKind::Shared,
        codes: &[(22002, Meaning::UserNotFound), (29001, Meaning::TokenNotFound)],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members {
            username: self.username.as_str(),
            r#type: token_type(self.kind),
            status: otp_token_status(self.status),
        }
    }

    /// The object is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
