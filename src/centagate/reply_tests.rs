//! What holds for any object of a successful reply; examples stand in `reply.rs`.

use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::envelope_tests::any_json;
use super::reply::{created_user, registered_otp_token, user_authentication};
use crate::test_input::cases;

/// Texts that are no JSON of their own, as ids and passcodes are.
fn plain_text() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("plain", |text| !text.is_empty() && !text.trim_start().starts_with(['{', '[', '"']))
}

/// `object` as it is, as text, and each in a list of its own.
fn wrapped(object: &Value) -> [Value; 4] {
    [object.clone(), json!(object.to_string()), json!([object]), json!(json!([object]).to_string())]
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn any_object_is_read_or_left_alone(object in any_json()) {
        for object in wrapped(&object) {
            created_user(object.clone());
            registered_otp_token(object.clone());
            user_authentication(object.clone());
            user_authentication(json!({ "tokenList": object, "certList": object, "device": object }));
        }
    }

    #[test]
    fn a_user_id_comes_as_it_is(id in plain_text()) {
        for object in wrapped(&json!({ "userId": id })).into_iter().chain([json!(id), json!([id])]) {
            prop_assert_eq!(created_user(object).value.centagate_id, Some(id.clone()));
        }
    }

    #[test]
    fn passcode_and_qr_come_as_they_are_and_are_never_shown(
        passcode in any::<String>(), qr in "[^0-9]{8,40}", others in any_json()
    ) {
        for object in wrapped(&json!({ "passcode": passcode, "other": others, "qr": qr })) {
            let token = registered_otp_token(object).value;
            let expected = (!passcode.is_empty()).then_some(&*passcode);
            prop_assert_eq!(token.passcode.as_ref().map(ExposeSecret::expose_secret), expected);
            prop_assert_eq!(token.qr.as_ref().map(ExposeSecret::expose_secret), Some(&*qr));
            let shown = format!("{token:?}");
            prop_assert!(!shown.contains(&qr), "{shown}");
        }
    }
}
