//! `token/register/otp/offline`: gives a user an OTP token whose key the caller delivers (vendor's API reference; life-cycle
//! facts, section 3.2).

use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::object;
use crate::centagate::return_code::Meaning;
use crate::domain::Username;

/// A user who gets an offline token.
#[derive(Debug)]
pub struct RegisterOfflineToken {
    /// The user who gets the token.
    pub username: Username,
}

#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
}

impl Call for RegisterOfflineToken {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/register/otp/offline",
        connection: ConnectionKind::Dedicated,
        codes: &[
            (22002, Meaning::UserNotFound),
            (29001, Meaning::TokenNotAvailable),
            (29008, Meaning::OtpTokenAlreadyRegistered),
        ],
        ended_session_codes: &[],
    };

    /// The provisioning key, if the reply had one. Anyone who holds it can generate the user's codes.
    type Answer = Option<SecretString>;

    fn members(&self) -> impl Serialize {
        Members { username: self.username.as_str() }
    }

    /// `{"key"}` or the key itself. The documents call the object both "always empty" and the place of the key, and show no
    /// shape.
    fn decode(object: Value) -> Answer<Option<SecretString>> {
        let key = match object::unwrap(object) {
            Value::String(key) => (!key.trim().is_empty()).then(|| SecretString::from(key)),
            object => object::Members::of(object).and_then(|mut members| members.secret("key")),
        };
        Answer { is_readable: key.is_some(), value: key }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::RegisterOfflineToken;
    use crate::centagate::call::Call;

    #[test]
    fn the_key_is_found_in_every_likely_shape() {
        let key = |object: Value| {
            let answer = RegisterOfflineToken::decode(object);
            assert_eq!(answer.is_readable, answer.value.is_some());
            answer.value.map(|key| key.expose_secret().to_owned())
        };
        let members = json!({ "key": "KEY+/=" });
        for object in [
            json!("KEY+/="),
            json!(["KEY+/="]),
            json!("\"KEY+/=\""),
            members.clone(),
            json!(members.to_string()),
            json!([members.clone()]),
            json!(json!([members]).to_string()),
        ] {
            assert_eq!(key(object.clone()).as_deref(), Some("KEY+/="), "{object}");
        }
        assert_eq!(key(json!({ "key": 12 })).as_deref(), Some("12"));
        for object in
            [json!(null), json!(""), json!(" "), json!([]), json!({}), json!({ "key": "" }), json!({ "key": {} })]
        {
            assert_eq!(key(object.clone()), None, "{object}");
        }
    }
}
