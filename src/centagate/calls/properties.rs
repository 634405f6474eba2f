//! Properties of the decoders that hold for every object of a successful reply.

use proptest::prelude::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{CreateUser, GetTokenStatus, GetUser, RegisterOtpToken};
use crate::centagate::call::Call;
use crate::centagate::envelope_tests::any_json;
use crate::test_input::cases;

/// Text that is not JSON, such as an ID or a passcode.
fn plain_text() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("plain", |text| !text.is_empty() && !text.trim_start().starts_with(['{', '[', '"']))
}

/// `object` as a value and as JSON text, each bare and as the only item of an array.
fn wrapped(object: &Value) -> [Value; 4] {
    [object.clone(), json!(object.to_string()), json!([object]), json!(json!([object]).to_string())]
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn no_object_causes_a_panic(object in any_json()) {
        for object in wrapped(&object) {
            CreateUser::decode(object.clone());
            RegisterOtpToken::decode(object.clone());
            GetTokenStatus::decode(object.clone());
            GetUser::decode(object.clone());
            GetUser::decode(json!({ "tokenList": object, "certList": object, "device": object }));
        }
    }

    #[test]
    fn a_user_id_is_returned_unchanged(id in plain_text()) {
        for object in wrapped(&json!({ "userId": id })).into_iter().chain([json!(id), json!([id])]) {
            prop_assert_eq!(CreateUser::decode(object).value.centagate_id, Some(id.clone()));
        }
    }

    #[test]
    fn passcode_and_qr_are_returned_unchanged_and_never_shown(
        passcode in any::<String>(), qr in "[^0-9]{8,40}", others in any_json()
    ) {
        for object in wrapped(&json!({ "passcode": passcode, "other": others, "qr": qr })) {
            let token = RegisterOtpToken::decode(object).value;
            let expected = (!passcode.is_empty()).then_some(&*passcode);
            prop_assert_eq!(token.passcode.as_ref().map(ExposeSecret::expose_secret), expected);
            prop_assert_eq!(token.qr.as_ref().map(ExposeSecret::expose_secret), Some(&*qr));
            let shown = format!("{token:?}");
            prop_assert!(!shown.contains(&qr), "{shown}");
        }
    }
}
