//! `token/getStatus`: reads the status of a user's token (vendor's API reference; life-cycle facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use super::token_type::token_type;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::envelope::integer;
use crate::centagate::http::ConnectionKind;
use crate::centagate::object;
use crate::centagate::return_code::Meaning;
use crate::domain::{TokenKind, TokenStatus, Username};

/// A token whose status to read.
#[derive(Debug)]
pub struct GetTokenStatus {
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

impl Call for GetTokenStatus {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/getStatus",
        connection: ConnectionKind::Dedicated,
        // The reference does not list 29001. A user without such a token gets an empty object, see `decode`.
        codes: &[(22002, Meaning::UserNotFound), (29001, Meaning::TokenNotFound)],
        ended_session_codes: &[],
    };

    /// `None` if the user has no such token.
    type Answer = Option<TokenStatus>;

    fn members(&self) -> impl Serialize {
        Members { username: self.username.as_str(), r#type: token_type(self.kind) }
    }

    /// A string with one digit, or an empty string if there is no such token. A missing object is not an empty string: a caller
    /// must not take it as proof that there is no token.
    fn decode(object: Value) -> Answer<Option<TokenStatus>> {
        let object = object::unwrap(object);
        if object.as_str().is_some_and(|text| text.trim().is_empty()) {
            return Answer { value: None, is_readable: true };
        }
        let number = integer(&object);
        let status = match number {
            Some(1) => TokenStatus::Pending,
            Some(2) => TokenStatus::Valid,
            Some(3) => TokenStatus::TemporarilyDeactivated,
            Some(4) => TokenStatus::Deactivated,
            Some(5) => TokenStatus::Suspended,
            _ => TokenStatus::Unknown,
        };
        Answer { value: Some(status), is_readable: number.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::GetTokenStatus;
    use crate::centagate::call::{Answer, Call};
    use crate::domain::TokenStatus;

    #[test]
    fn each_digit_is_its_status_in_every_likely_shape() {
        for (digit, expected) in [
            (1, TokenStatus::Pending),
            (2, TokenStatus::Valid),
            (3, TokenStatus::TemporarilyDeactivated),
            (4, TokenStatus::Deactivated),
            (5, TokenStatus::Suspended),
            (0, TokenStatus::Unknown),
            (6, TokenStatus::Unknown),
        ] {
            let text = digit.to_string();
            for object in [json!(digit), json!(text), json!([text]), json!(json!(text).to_string())] {
                let Answer { value, is_readable } = GetTokenStatus::decode(object);
                assert_eq!((value, is_readable), (Some(expected), true), "{digit}");
            }
        }
    }

    #[test]
    fn only_an_empty_string_means_that_there_is_no_token() {
        for object in [json!(""), json!(" "), json!("\"\""), json!([""])] {
            let Answer { value, is_readable } = GetTokenStatus::decode(object);
            assert_eq!((value, is_readable), (None, true));
        }
        for object in [Value::Null, json!("valid"), json!(true), json!([]), json!({}), json!("{}")] {
            let Answer { value, is_readable } = GetTokenStatus::decode(object);
            assert_eq!((value, is_readable), (Some(TokenStatus::Unknown), false));
        }
    }
}
