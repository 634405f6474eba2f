//! Reads the `object` of a successful reply in every shape that CENTAGATE is known or likely to send.

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::envelope::integer;
use super::lenient_json;

/// Parses JSON that arrives as text in a string. Any other value stays as it is.
pub(super) fn parse_embedded(value: Value) -> Value {
    match value {
        Value::String(text) if text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[', '"']) => {
            lenient_json::from_slice(text.as_bytes()).unwrap_or(Value::String(text))
        }
        other => other,
    }
}

/// Parses embedded JSON, and replaces an array of one item by its item.
pub(super) fn unwrap(object: Value) -> Value {
    match parse_embedded(object) {
        Value::Array(mut items) if items.len() == 1 => items.remove(0),
        other => other,
    }
}

/// A string or number as text. `None` for the empty string and any other value.
pub(super) fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => (!text.is_empty()).then_some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The members of an object. Each member can be taken once.
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// The members of `object`, or `None` if it is not an object.
    pub(super) fn of(object: Value) -> Option<Self> {
        match unwrap(object) {
            Value::Object(members) => Some(Self(members)),
            _ => None,
        }
    }

    /// A string or number as text.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.take(name).and_then(text)
    }

    /// A secret, exactly as it was sent.
    pub(super) fn secret(&mut self, name: &str) -> Option<SecretString> {
        self.0.remove(name).and_then(text).map(SecretString::from)
    }

    /// The word that `read` gives for a member's number, which may arrive as text. `read` gets `None` for any other value.
    pub(super) fn word<T>(&mut self, name: &str, read: impl FnOnce(Option<i64>) -> T) -> Option<T> {
        self.take(name).map(|value| read(integer(&value)))
    }

    /// A boolean, in the spellings that are likely. `None` for any other value, because the spelling is not documented.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        match (integer(&value), &value) {
            (_, Value::Bool(flag)) => Some(*flag),
            (Some(1), _) => Some(true),
            (Some(0), _) => Some(false),
            (_, Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            (_, Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The items of a list. A single object counts as a list of one, and each item may arrive as JSON text in a string. An
    /// item that is not an object stays in the list, without members: the caller must see that something is there.
    pub(super) fn items(&mut self, name: &str) -> impl Iterator<Item = Self> {
        let items = match self.take(name).map(parse_embedded) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(item) => vec![item],
        };
        items.into_iter().filter(is_something).map(|item| match parse_embedded(item) {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        })
    }

    /// A member, unless it is null, blank text or an empty object.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(is_something)
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => true,
    }
}
