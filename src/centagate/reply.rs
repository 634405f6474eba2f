//! What the `object` of a successful reply holds, read leniently: success is never turned into failure here.

use secrecy::SecretString;
use serde_json::{Map, Value};

mod user_authentication;
#[cfg(test)]
mod user_authentication_tests;

pub(super) use user_authentication::user_authentication;

use super::lenient_json;
use crate::domain::{CreatedUser, RegisteredOtpToken};

/// What a successful reply told.
#[derive(Debug)]
pub struct Answer<T> {
    /// As much of it as could be read.
    pub value: T,
    /// Whether there was what the operation's replies should have.
    pub is_readable: bool,
}

/// Registration: the new user's id as a bare string (vendor's API reference 3.2.1.1).
pub(crate) fn created_user(object: Value) -> Answer<CreatedUser> {
    let centagate_id = match unwrap(object) {
        Value::Object(mut members) => ["userId", "id"].into_iter().find_map(|name| members.remove(name)).and_then(text),
        scalar => text(scalar),
    };
    Answer { is_readable: centagate_id.is_some(), value: CreatedUser { centagate_id } }
}

/// One-time PIN: JSON text of `{"qr", "passcode"}` in a string (vendor's API reference 3.2.1.3).
pub(super) fn registered_otp_token(object: Value) -> Answer<RegisteredOtpToken> {
    let mut members = match unwrap(object) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let mut secret = |name| members.remove(name).and_then(text).map(SecretString::from);
    let token = RegisteredOtpToken { passcode: secret("passcode"), qr: secret("qr") };
    Answer { is_readable: token.passcode.is_some() || token.qr.is_some(), value: token }
}

/// Takes JSON out of a string and the only item out of an array.
fn unwrap(object: Value) -> Value {
    match parsed(object) {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
}

/// Takes JSON out of a string.
pub(super) fn parsed(value: Value) -> Value {
    match value {
        Value::String(text) if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[', '"']) => {
            lenient_json::from_slice(text.as_bytes()).unwrap_or(Value::String(text))
        }
        other => other,
    }
}

/// A scalar as text; nothing for an empty string.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then_some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;

    use super::{created_user, registered_otp_token};

    #[test]
    fn a_user_id_is_found_in_every_shape_seen_or_likely() {
        for object in [
            json!("u-1"),
            json!("\"u-1\""),
            json!({"userId": "u-1"}),
            json!({"id": "u-1"}),
            json!("{\"id\":\"u-1\"}"),
            json!("\u{feff}{\"id\":\"u-1\",\"note\":\"two\nlines\"}"),
            json!(["u-1"]),
        ] {
            assert_eq!(created_user(object.clone()).value.centagate_id.as_deref(), Some("u-1"), "{object}");
        }
        assert_eq!(created_user(json!(42)).value.centagate_id.as_deref(), Some("42"), "a number becomes text");
        assert_eq!(created_user(json!("007")).value.centagate_id.as_deref(), Some("007"), "digits stay text");
        for object in [json!(null), json!(""), json!(true), json!([]), json!(["a", "b"]), json!({})] {
            assert_eq!(created_user(object.clone()).value.centagate_id, None, "{object}");
        }
    }

    #[test]
    fn passcode_and_qr_are_found_in_every_shape_seen_or_likely() {
        let members = json!({"qr": "QR", "passcode": "012345"});
        for object in [
            json!(members.to_string()),
            members.clone(),
            json!([members.clone()]),
            json!(json!([members]).to_string()),
            json!(format!("\u{feff}{members}")),
            json!("{\"qr\":\"QR\",\"passcode\":\"012345\",\"note\":\"two\r\nlines\"}"),
        ] {
            let token = registered_otp_token(object).value;
            assert_eq!(token.passcode.as_ref().map(ExposeSecret::expose_secret), Some("012345"));
            assert_eq!(token.qr.as_ref().map(ExposeSecret::expose_secret), Some("QR"));
        }
        let token = registered_otp_token(json!({"passcode": 123_456, "qr": ""})).value;
        assert_eq!(token.passcode.as_ref().map(ExposeSecret::expose_secret), Some("123456"));
        assert!(token.qr.is_none());
        for object in
            [json!(null), json!(""), json!("text"), json!("{broken"), json!([]), json!(1), json!({"passcode": {}})]
        {
            let token = registered_otp_token(object).value;
            assert!(token.passcode.is_none() && token.qr.is_none());
        }
    }
}
