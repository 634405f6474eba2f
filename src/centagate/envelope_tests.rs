//! Properties that hold for every reply. Examples are in `envelope.rs`.

use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::Value;

use super::Unreadable;
use super::envelope::{decode, integer};
use super::lenient_json;
use crate::test_input::{cases, damaged};

/// Above this, the parser does not preserve every integer that is followed by `.0`.
const EXACT: i64 = 1 << 49;

/// Any JSON with a few levels of nesting.
pub(super) fn any_json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| (f64::from(number) / 8.0).into()), // the same after it has been text
        any::<String>().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            hash_map(any::<String>(), inner, 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// `number` as CENTAGATE may spell it.
fn spelled(number: i64) -> impl Strategy<Value = String> {
    let float = if number.abs() <= EXACT { format!("{number}.0") } else { number.to_string() };
    let spellings = [format!("\"{number}\""), format!("\" {number}\\n\""), format!("\"{number}.0\""), float];
    prop_oneof![proptest::sample::select(spellings.to_vec()), Just(number.to_string())]
}

fn any_code() -> impl Strategy<Value = (i64, String)> {
    let number =
        prop_oneof![Just(0), 0..30_000_i64, -EXACT..EXACT, any::<i64>().prop_filter("spelled", |n| *n != i64::MIN)];
    number.prop_flat_map(|number| (Just(number), spelled(number)))
}

/// An envelope with additional members, in any order.
fn envelope(code: String, object: Value) -> impl Strategy<Value = String> {
    let is_own = |name: &str| name.eq_ignore_ascii_case("code") || name.eq_ignore_ascii_case("object");
    let other = any::<String>().prop_filter("another member", move |name| !is_own(name));
    vec((other, any_json()), 0..4).prop_flat_map(move |others| {
        let mut members = vec![format!("\"code\":{code}"), format!("\"object\":{object}")];
        members.extend(others.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name))));
        Just(members).prop_shuffle().prop_map(|members| format!("{{{}}}", members.join(",")))
    })
}

fn any_envelope() -> impl Strategy<Value = (i64, Value, String)> {
    (any_code(), any_json())
        .prop_flat_map(|((number, code), object)| (Just(number), Just(object.clone()), envelope(code, object)))
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn code_0_is_success_with_any_object_and_every_other_code_is_a_refusal(
        (number, object, reply) in any_envelope()
    ) {
        match decode(reply.as_bytes()) {
            Ok(Ok(found)) => prop_assert_eq!((number, found), (0, object)),
            Ok(Err(code)) => prop_assert!(number != 0 && code.get() == number),
            Err(other) => prop_assert!(false, "{other} for {reply}"),
        }
    }

    #[test]
    fn a_truncated_or_extended_reply_is_not_an_envelope((_, _, reply) in any_envelope(), end in any::<proptest::sample::Index>()) {
        let mut end = end.index(reply.len());
        while !reply.is_char_boundary(end) {
            end -= 1;
        }
        for reply in [reply[..end].to_owned(), format!("{reply}{reply}"), format!("[{reply}]")] {
            prop_assert_eq!(decode(reply.as_bytes()), Err(Unreadable::NotAnEnvelope), "{}", reply);
        }
    }

    #[test]
    fn a_reply_with_a_duplicate_member_is_not_an_envelope((_, code) in any_code(), object in any_json(), twice in 0..2_usize) {
        let members = [format!("\"code\":{code}"), format!("\"object\":{object}")];
        let reply = format!("{{{},{},{}}}", members[0], members[1], members[twice]);
        prop_assert_eq!(decode(reply.as_bytes()), Err(Unreadable::NotAnEnvelope), "{}", reply);
    }

    #[test]
    fn only_an_object_with_code_0_is_success_and_errors_do_not_quote_the_reply(
        reply in damaged(any_envelope().prop_map(|(_, _, reply)| reply.replacen('{', "{\"message\":\"s3cr3t\",", 1)))
    ) {
        match decode(&reply) {
            Ok(Ok(object)) => {
                // Ignored members, such as the message, may have any value.
                let whole: Value = lenient_json::from_slice(String::from_utf8_lossy(&reply).as_bytes()).expect("JSON");
                prop_assert_eq!(integer(&whole["code"]), Some(0));
                prop_assert_eq!(&whole["object"], &object);
            }
            other => {
                let shown = format!("{other:?}");
                prop_assert!(!shown.contains("s3cr3t"), "{shown}");
            }
        }
    }

    #[test]
    fn no_bytes_cause_a_panic(reply in vec(any::<u8>(), 0..200)) {
        prop_assert!(decode(&reply).is_err(), "random bytes are not an envelope");
    }

    #[test]
    fn only_integers_are_read_as_integers(value in any_json()) {
        if let Some(number) = integer(&value) {
            let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
            prop_assert_eq!(text.strip_suffix(".0").unwrap_or(&text).parse(), Ok(number));
        }
    }
}
