//! `token/unregisterActiveToken`: removes a user's token (vendor's API reference; life-cycle facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use super::token_type::token_type;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{TokenKind, Username};

/// A token to unregister.
#[derive(Debug)]
pub struct UnregisterToken {
    /// The user who has the token.
    pub username: Username,
    /// The kind of the token.
    pub kind: TokenKind,
}

#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
    r#type: &'static str,
}

impl Call for UnregisterToken {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/unregisterActiveToken",
        connection: ConnectionKind::Shared,
        // The reference does not say which kind gets which code.
        codes: &[
            (22002, Meaning::UserNotFound),
            (26001, Meaning::TokenNotFound),
            (26011, Meaning::TokenNotFound),
            (29001, Meaning::TokenNotFound),
            (29013, Meaning::TokenNotFound),
            (36000, Meaning::TokenNotFound),
        ],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members { username: self.username.as_str(), r#type: token_type(self.kind) }
    }

    /// The object is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
