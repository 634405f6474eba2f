//! The JSON around every answer (`wire-facts.md` section 1.1).

use serde::Serialize;
use serde_json::Value;

/// `{"code":…,"message":…,"object":…}`, in that order.
#[derive(Serialize)]
pub(crate) struct Envelope<'a> {
    pub(crate) code: &'a Value,
    pub(crate) message: &'a str,
    pub(crate) object: &'a Value,
}

impl Envelope<'_> {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an envelope has text keys only")
    }
}

/// A code as text, whatever its type on the wire; `None` where no code can be read.
pub(crate) fn code_text(code: &Value) -> Option<String> {
    match code {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
