//! The envelope that wraps every reply of CentagateWS.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::error::Unreadable;
use super::lenient_json;
use super::return_code::ReturnCode;

/// The envelope of every reply: `{"code", "message", "object"}`, always with HTTP 200.
///
/// `code` is documented as a string, but also seen as a number. `object` depends on the call; the vendor's API reference also
/// spells it `Object`. `message` is for people and varies, so it is ignored.
struct Envelope {
    code: Value,
    object: Value,
}

/// Decodes a reply: its `object` if its `code` is 0, otherwise the code.
pub(crate) fn decode(body: &[u8]) -> Result<Result<Value, ReturnCode>, Unreadable> {
    let envelope: Envelope = lenient_json::from_slice(body).map_err(|_| Unreadable::NotAnEnvelope)?;
    match integer(&envelope.code) {
        Some(ReturnCode::SUCCESS) => Ok(Ok(envelope.object)),
        Some(number) => Ok(Err(ReturnCode::new(number))),
        None => Err(Unreadable::NoCode),
    }
}

/// A member of the envelope.
enum Member {
    Code,
    Object,
    /// The same names in upper or mixed case.
    CodeInOtherCase,
    ObjectInOtherCase,
    Other,
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Member;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<Member, E> {
                Ok(match name {
                    "code" => Member::Code,
                    "object" => Member::Object,
                    _ if name.eq_ignore_ascii_case("code") => Member::CodeInOtherCase,
                    _ if name.eq_ignore_ascii_case("object") => Member::ObjectInOtherCase,
                    _ => Member::Other,
                })
            }
        }
        deserializer.deserialize_identifier(Name)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Envelope;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            /// The documented spelling wins. A duplicate spelling is a fault.
            fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Envelope, M::Error> {
                let (mut code, mut object, mut other_code, mut other_object) = (None, None, None, None);
                while let Some(member) = members.next_key()? {
                    let place = match member {
                        Member::Code => &mut code,
                        Member::Object => &mut object,
                        Member::CodeInOtherCase => &mut other_code,
                        Member::ObjectInOtherCase => &mut other_object,
                        Member::Other => {
                            members.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if place.replace(members.next_value()?).is_some() {
                        return Err(M::Error::custom("a member stands twice"));
                    }
                }
                Ok(Envelope {
                    code: code.or(other_code).unwrap_or_default(),
                    object: object.or(other_object).unwrap_or_default(),
                })
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// `code` as an integer: `"22025"`, `22025` and `22025.0` are the same code.
pub(super) fn integer(code: &Value) -> Option<i64> {
    match code {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) => {
            let digits = text.trim().strip_suffix(".0").unwrap_or(text.trim());
            let plain = digits.strip_prefix('-').unwrap_or(digits).bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `number` as an integer, if a float represents it exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within ±2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::decode;
    use crate::centagate::Unreadable;

    #[test]
    fn a_code_is_read_as_string_integer_or_float() {
        for code in [json!("22025"), json!(22025), json!(22025.0), json!(" 22025 "), json!("22025.0")] {
            let reply = json!({ "code": code, "message": "m", "object": "" }).to_string();
            assert!(matches!(decode(reply.as_bytes()), Ok(Err(code)) if code.get() == 22025), "{reply}");
        }
        for code in [json!("0"), json!(0), json!(0.0), json!(-0.0)] {
            let reply = json!({ "code": code }).to_string();
            assert_eq!(decode(reply.as_bytes()), Ok(Ok(Value::Null)), "{reply}");
        }
    }

    #[test]
    fn an_object_of_any_shape_comes_with_success() {
        for object in [json!(null), json!(""), json!("u-1"), json!("{\"a\":1}"), json!({"a": 1}), json!([1]), json!(7)]
        {
            let reply = json!({ "code": "0", "object": object, "else": [1] }).to_string();
            assert_eq!(decode(reply.as_bytes()), Ok(Ok(object)));
        }
    }

    #[test]
    fn members_are_found_in_any_case_and_the_documented_spelling_wins() {
        for reply in [
            r#"{"code":"0","Object":"u-1"}"#,
            r#"{"CODE":"0","OBJECT":"u-1"}"#,
            r#"{"Object":"other","object":"u-1","code":"0","Code":"22025"}"#,
        ] {
            assert_eq!(decode(reply.as_bytes()), Ok(Ok(json!("u-1"))), "{reply}");
        }
        for reply in [r#"{"code":"0","Object":"a","OBJECT":"b"}"#, r#"{"Code":"0","CODE":"22025"}"#] {
            assert_eq!(decode(reply.as_bytes()), Err(Unreadable::NotAnEnvelope), "{reply}");
        }
    }

    #[test]
    fn a_byte_order_mark_and_raw_control_characters_are_accepted() {
        let reply = "\u{feff}{\"code\":\"0\",\"message\":\"a\nb\",\"object\":\"u\t1\"}";
        assert_eq!(decode(reply.as_bytes()), Ok(Ok(json!("u\t1"))));
        let refusal = "{\"message\":\"line one\r\nline two\",\"code\":22025}";
        assert!(matches!(decode(refusal.as_bytes()), Ok(Err(code)) if code.get() == 22025));
    }

    #[test]
    fn a_code_that_is_no_integer_is_unreadable() {
        for code in [
            "null",
            "true",
            "\"\"",
            "\"+0\"",
            "\"-\"",
            "\"0x0\"",
            "\"zero\"",
            "0.5",
            "1e300",
            "[0]",
            "{}",
            "\"99999999999999999999\"",
        ] {
            let reply = format!("{{\"code\":{code},\"object\":\"\"}}");
            assert_eq!(decode(reply.as_bytes()), Err(Unreadable::NoCode), "{reply}");
        }
        assert_eq!(decode(b"{}"), Err(Unreadable::NoCode));
    }

    #[test]
    fn anything_else_is_no_envelope() {
        let deep = format!("{{\"code\":\"0\",\"object\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let huge_number = format!("{{\"code\":1{}}}", "0".repeat(400));
        for body in [
            "",
            " ",
            "<html>Bad Gateway</html>",
            "{\"code\":\"0\"",
            "[]",
            "[\"0\",\"u-1\"]",
            "\"0\"",
            "0",
            "null",
            "{\"code\":\"0\"}x",
            "{\"code\":\"0\",\"code\":\"22025\"}",
            "{'code':'0'}",
            &deep,
            &huge_number,
        ] {
            assert_eq!(decode(body.as_bytes()), Err(Unreadable::NotAnEnvelope), "{body:.40}");
        }
        assert!(decode(b"{\"code\":\"0\",\"object\":\"\xff\"}").is_err());
    }
}
