//! JSON as a caller sent it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

/// A JSON value. Strings without escapes are borrowed from the body.
///
/// Unlike `serde_json::Value`, it rejects objects with duplicate members (RFC 8259, section 4, leaves their meaning open)
/// and distinguishes integers from numbers with a fraction. It reads numbers as doubles, as RFC 8259, section 6, expects.
#[derive(Debug)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// A non-negative number without a fractional part, in any notation.
    Integer(u64),
    /// Any other number. No operation accepts one.
    Number,
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// The largest integer below which a double represents every integer: 2^53.
const LARGEST_INTEGER: f64 = 9_007_199_254_740_992.0;

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

/// Serializes the value in a canonical form: the members of objects are sorted by name.
impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null | Self::Number => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Integer(integer) => serializer.serialize_u64(*integer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| name);
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Json::Integer(number))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Json::Number)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        let is_integer = number.fract() == 0.0 && (0.0..=LARGEST_INTEGER).contains(&number);
        Ok(if is_integer { Json::Integer(number as u64) } else { Json::Number })
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut object = Vec::new();
        while let Some((Name(name), value)) = members.next_entry()? {
            object.push((name, value));
        }
        let mut names: Vec<&str> = object.iter().map(|(name, _)| name.as_ref()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(A::Error::custom("duplicate member"));
        }
        Ok(Json::Object(object))
    }
}

/// The name of a member.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json::String(name) => Ok(Self(name)),
            _ => Err(D::Error::custom("a member's name is a string")),
        }
    }
}

/// Whether `body` is a JSON object with a number outside the range of doubles.
pub(in crate::api) fn has_number_out_of_range(body: &[u8], error: &serde_json::Error) -> bool {
    error.to_string().starts_with("number out of range")
        && body.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<IgnoredAny>(body).is_ok()
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn integers_are_numbers_without_a_fractional_part_in_any_notation() {
        for (text, value) in [
            ("300", Some(300)),
            ("300.0", Some(300)),
            ("3e2", Some(300)),
            ("3E+2", Some(300)),
            ("30000e-2", Some(300)),
            ("0.3e3", Some(300)),
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-0.0", Some(0)),
            ("0e99", Some(0)),
            ("9007199254740992.0", Some(9_007_199_254_740_992)),
            ("18446744073709551615", Some(u64::MAX)),
            ("1e300", None),
            ("300.5", None),
            ("3e-1", None),
            ("-1", None),
            ("-300.0", None),
            ("1e-400", Some(0)), // a double cannot represent it
        ] {
            let integer = match serde_json::from_str(text) {
                Ok(Json::Integer(integer)) => Some(integer),
                Ok(Json::Number) => None,
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(integer, value, "{text}");
        }
    }
}
