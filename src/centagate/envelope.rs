use serde::Deserialize;
use serde_json::Value;

use super::{Error, ReturnCode, Unreadable};

/// The reply that wraps every CentagateWS answer: `{"code", "message", "object"}`, HTTP 200 always.
///
/// `code` is documented as a string and seen as a number; `object` differs from call to call. The `message` is for people
/// and varies, so it is not read.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    code: Value,
    #[serde(default)]
    object: Value,
}

/// The `object` of a reply whose `code` is 0.
pub(crate) fn decode(body: &[u8]) -> Result<Value, Error> {
    // serde would take an array's items for the members.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::Unreadable(Unreadable::NotAnEnvelope));
    }
    let envelope: Envelope = serde_json::from_slice(body).map_err(|_| Error::Unreadable(Unreadable::NotAnEnvelope))?;
    match integer(&envelope.code) {
        Some(ReturnCode::SUCCESS) => Ok(envelope.object),
        Some(number) => Err(Error::Refused(ReturnCode::new(number))),
        None => Err(Error::Unreadable(Unreadable::NoCode)),
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

/// `number` as an integer, if it is one that a float holds exactly.
fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53
    #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and within ±2^53")]
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::decode;
    use crate::centagate::{Error, Unreadable};

    #[test]
    fn a_code_is_read_as_string_integer_or_float() {
        for code in [json!("22025"), json!(22025), json!(22025.0), json!(" 22025 "), json!("22025.0")] {
            let reply = json!({ "code": code, "message": "m", "object": "" }).to_string();
            assert!(matches!(decode(reply.as_bytes()), Err(Error::Refused(c)) if c.get() == 22025), "{reply}");
        }
        for code in [json!("0"), json!(0), json!(0.0), json!(-0.0)] {
            let reply = json!({ "code": code }).to_string();
            assert_eq!(decode(reply.as_bytes()).expect("success"), Value::Null, "{reply}");
        }
    }

    #[test]
    fn an_object_of_any_shape_comes_with_success() {
        for object in [json!(null), json!(""), json!("u-1"), json!("{\"a\":1}"), json!({"a": 1}), json!([1]), json!(7)]
        {
            let reply = json!({ "code": "0", "object": object, "else": [1] }).to_string();
            assert_eq!(decode(reply.as_bytes()).expect("success"), object);
        }
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
            assert!(matches!(decode(reply.as_bytes()), Err(Error::Unreadable(Unreadable::NoCode))), "{reply}");
        }
        assert!(matches!(decode(b"{}"), Err(Error::Unreadable(Unreadable::NoCode))));
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
            assert!(matches!(decode(body.as_bytes()), Err(Error::Unreadable(Unreadable::NotAnEnvelope))), "{body:.40}");
        }
        assert!(decode(b"{\"code\":\"0\",\"object\":\"\xff\"}").is_err());
    }
}
