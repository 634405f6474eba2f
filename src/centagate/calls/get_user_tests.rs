//! The shapes in which the list of a user's tokens may arrive.

use serde_json::{Value, json};

use super::get_user::GetUser;
use crate::centagate::call::{Answer, Call};
use crate::domain::{
    BoundToken, BoundTokenStatus, BoundTokenType, Certificate, Device, DeviceStatus, UserAuthentication,
};

fn user_authentication(object: Value) -> Answer<UserAuthentication> {
    GetUser::decode(object)
}

fn whole() -> Value {
    json!({
        "tokenList": [{"sn": "T-1", "type": "2", "status": "1"}],
        "certList": [{"sn": "C-1", "fingerprint": "ab", "subjectDn": "CN=a", "issuerDn": "CN=b", "revoked": "false",
            "validFrom": "f", "validTo": "t"}],
        "device": {"name": "n", "model": "m", "os": "o", "status": "2"},
    })
}

/// Spares the expectations below their `Some`.
#[expect(clippy::unnecessary_wraps, reason = "what it is for")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_list_is_found_in_every_shape_seen_or_likely() {
    let expected = UserAuthentication {
        tokens: vec![BoundToken {
            serial_number: text("T-1"),
            token_type: Some(BoundTokenType::Otp),
            status: Some(BoundTokenStatus::Active),
        }],
        certificates: vec![Certificate {
            serial_number: text("C-1"),
            fingerprint: text("ab"),
            subject: text("CN=a"),
            issuer: text("CN=b"),
            revoked: Some(false),
            valid_from: text("f"),
            valid_to: text("t"),
        }],
        device: Some(Device { name: text("n"), model: text("m"), os: text("o"), status: Some(DeviceStatus::Pending) }),
    };
    let mut nested_texts = whole();
    for member in ["tokenList", "certList", "device"] {
        nested_texts[member] = json!(nested_texts[member].to_string());
    }
    let mut texts_in_lists = whole();
    for list in ["tokenList", "certList"] {
        texts_in_lists[list][0] = json!(texts_in_lists[list][0].to_string());
    }
    let mut lone_items = whole();
    for list in ["tokenList", "certList"] {
        lone_items[list] = lone_items[list][0].clone();
    }
    lone_items["device"] = json!([lone_items["device"]]);
    for object in [
        whole(),
        json!(whole().to_string()),
        json!([whole()]),
        json!(json!([whole()]).to_string()),
        nested_texts.clone(),
        json!(nested_texts.to_string()),
        texts_in_lists,
        lone_items,
    ] {
        assert_eq!(user_authentication(object.clone()).value, expected, "{object}");
    }
}

#[test]
fn nothing_and_what_cannot_be_read_is_nothing_bound() {
    for object in [json!(null), json!(""), json!("text"), json!("{broken"), json!([]), json!([1, 2]), json!(7)] {
        assert_eq!(user_authentication(object.clone()).value, UserAuthentication::default(), "{object}");
    }
    for nothing in [json!(null), json!(""), json!({}), json!([]), json!([null]), json!("[]"), json!([{}, ""])] {
        let object = json!({"tokenList": nothing, "certList": nothing, "device": nothing});
        assert_eq!(user_authentication(object).value, UserAuthentication::default(), "{nothing}");
    }
    let empty_device = json!({"device": {"name": "", "model": null, "os": [], "else": 1}});
    assert_eq!(user_authentication(empty_device).value.device, None);
}

#[test]
fn what_is_bound_but_cannot_be_read_stays_in_the_list() {
    for something in [json!(["T-1"]), json!("T-1"), json!([7]), json!([{"else": 1}]), json!("{broken"), json!(true)] {
        let bound = user_authentication(json!({"tokenList": something, "certList": something})).value;
        assert_eq!(bound.tokens, [BoundToken::default()], "{something}");
        assert_eq!(bound.certificates, [Certificate::default()], "{something}");
    }
}

#[test]
fn numbers_become_text_and_every_word_has_its_number_as_text_integer_or_float() {
    let list =
        user_authentication(json!({"certList": [{"sn": 42, "validFrom": 1_700_000_000_000_u64, "subjectDn": {}}]}))
            .value;
    let certificate = &list.certificates[0];
    assert_eq!((&certificate.serial_number, &certificate.valid_from), (&text("42"), &text("1700000000000")));
    assert_eq!(certificate.subject, None);

    let types = [
        (1, BoundTokenType::Sms),
        (2, BoundTokenType::Otp),
        (3, BoundTokenType::Fido),
        (0, BoundTokenType::Unknown),
        (6, BoundTokenType::Unknown),
    ];
    for (number, expected) in types {
        for value in spellings(number) {
            let bound = user_authentication(json!({"tokenList": [{"type": value}]})).value;
            assert_eq!(bound.tokens[0].token_type, Some(expected), "{value}");
        }
    }
    let statuses = [
        BoundTokenStatus::Inactive,
        BoundTokenStatus::Active,
        BoundTokenStatus::ActiveLocked,
        BoundTokenStatus::Pending,
        BoundTokenStatus::PendingLocked,
        BoundTokenStatus::Unknown,
    ];
    for (number, expected) in (0..).zip(statuses) {
        for value in spellings(number) {
            let bound = user_authentication(json!({"tokenList": [{"status": value}]})).value;
            assert_eq!(bound.tokens[0].status, Some(expected), "{value}");
        }
    }
    let statuses = [DeviceStatus::Inactive, DeviceStatus::Active, DeviceStatus::Pending, DeviceStatus::Unknown];
    for (number, expected) in (0..).zip(statuses) {
        for value in spellings(number) {
            let bound = user_authentication(json!({"device": {"status": value}})).value;
            assert_eq!(bound.device.and_then(|device| device.status), Some(expected), "{value}");
        }
    }
    for strange in [json!("active"), json!(-1), json!(true), json!([1]), json!("99999999999999999999"), json!(1.5)] {
        let bound = user_authentication(json!({"tokenList": [{"type": strange, "status": strange}]})).value;
        let token = &bound.tokens[0];
        assert_eq!(
            (token.token_type, token.status),
            (Some(BoundTokenType::Unknown), Some(BoundTokenStatus::Unknown)),
            "{strange}"
        );
    }
}

fn spellings(number: i32) -> [Value; 3] {
    [json!(number), json!(number.to_string()), json!(f64::from(number))]
}

#[test]
fn revoked_is_read_in_every_likely_spelling_and_never_guessed() {
    for (value, expected) in [
        (json!(true), Some(true)),
        (json!("true"), Some(true)),
        (json!("TRUE"), Some(true)),
        (json!("1"), Some(true)),
        (json!(1), Some(true)),
        (json!(false), Some(false)),
        (json!("False"), Some(false)),
        (json!("0"), Some(false)),
        (json!(0), Some(false)),
        (json!(0.0), Some(false)),
        (json!(null), None),
        (json!(""), None),
        (json!("2"), None),
        (json!("no"), None),
        (json!({}), None),
    ] {
        let bound = user_authentication(json!({"certList": [{"sn": "1", "revoked": value}]})).value;
        assert_eq!(bound.certificates[0].revoked, expected, "{value}");
    }
}
