//! The request body, read as leniently as Gson reads it into a map of strings.

use serde_json::{Map, Value};

use crate::ReturnCode;

/// The members of a request's JSON object.
pub(crate) struct Members(Map<String, Value>);

impl Members {
    /// Reads a body; `None` if it is no JSON object. Bytes that are not UTF-8 are replaced, as Java does.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_str(&String::from_utf8_lossy(body)).ok().map(Self)
    }

    pub(crate) fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// An optional member as text. `""` equals absent (`wire-facts.md` section 5, *Omitted versus ""*).
    pub(crate) fn optional(&self, name: &str) -> Result<Option<String>, ReturnCode> {
        let text = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(Value::Array(_) | Value::Object(_)) => return Err(ReturnCode::INVALID_INPUT),
        };
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A required member that may be a blank (`wire-facts.md` section 5, *A required value that is blank*).
    pub(crate) fn present(&self, name: &str) -> Result<String, ReturnCode> {
        self.optional(name)?.ok_or(ReturnCode::INVALID_INPUT)
    }

    /// A required member that is more than blanks.
    pub(crate) fn required(&self, name: &str) -> Result<String, ReturnCode> {
        let text = self.present(name)?;
        if text.trim().is_empty() {
            return Err(ReturnCode::INVALID_INPUT);
        }
        Ok(text)
    }
}
