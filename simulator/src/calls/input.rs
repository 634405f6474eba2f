//! The request body, read as leniently as the vendor's JSON library (Gson) reads it into a map of strings.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::ReturnCode;

/// The names of the members that a call reads.
pub(crate) struct Members {
    /// Must be present and contain more than blanks.
    pub(super) required: &'static [&'static str],
    /// Must be present, but may be blank (`wire-facts.md` section 5, *A required value that is blank*).
    pub(super) may_be_blank: &'static [&'static str],
    /// May be absent.
    pub(super) optional: &'static [&'static str],
    /// May be absent. `""` is a value of its own.
    pub(super) may_be_empty: &'static [&'static str],
    /// A member that must have this value. It distinguishes calls with the same path.
    pub(super) selector: Option<(&'static str, &'static str)>,
}

impl Members {
    pub(super) const NONE: Self =
        Self { required: &[], may_be_blank: &[], optional: &[], may_be_empty: &[], selector: None };
}

/// A body that is a JSON object.
pub(crate) struct Body(Map<String, Value>);

impl Body {
    /// Parses a body; `None` if it is not a JSON object. Bytes that are not UTF-8 are replaced, as Java does.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        serde_json::from_str(&String::from_utf8_lossy(body)).ok().map(Self)
    }

    pub(crate) fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether a member has this value.
    pub(crate) fn has(&self, (name, value): (&str, &str)) -> bool {
        self.optional(name).is_ok_and(|text| text.as_deref() == Some(value))
    }

    /// A member as text. `null` equals absent.
    fn text(&self, name: &str) -> Result<Option<String>, ReturnCode> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(Value::Array(_) | Value::Object(_)) => Err(ReturnCode::INVALID_INPUT),
        }
    }

    /// A member as text. `null` and `""` equal absent (`wire-facts.md` section 5, *Omitted versus ""*).
    pub(super) fn optional(&self, name: &str) -> Result<Option<String>, ReturnCode> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// A member that must contain more than blanks.
    pub(super) fn required(&self, name: &str) -> Result<String, ReturnCode> {
        self.optional(name)?.filter(|text| !text.trim().is_empty()).ok_or(ReturnCode::INVALID_INPUT)
    }
}

/// The values of a call's members and of its path.
pub(crate) struct Input(HashMap<&'static str, Option<String>>);

impl Input {
    /// Reads the declared members; other members are ignored.
    pub(super) fn read(
        body: &Body,
        members: &Members,
        path_value: Option<&(&'static str, String)>,
    ) -> Result<Self, ReturnCode> {
        if let Some((name, value)) = members.selector
            && body.required(name)? != value
        {
            return Err(ReturnCode::INVALID_INPUT);
        }
        let mut values: HashMap<_, _> =
            path_value.map(|(name, value)| (*name, Some(value.clone()))).into_iter().collect();
        for name in members.required {
            values.insert(name, Some(body.required(name)?));
        }
        for name in members.may_be_blank {
            values.insert(name, Some(body.optional(name)?.ok_or(ReturnCode::INVALID_INPUT)?));
        }
        for name in members.optional {
            values.insert(name, body.optional(name)?);
        }
        for name in members.may_be_empty {
            values.insert(name, body.text(name)?);
        }
        Ok(Self(values))
    }

    /// The value of a member or of the path; `None` if it is absent.
    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name).unwrap_or_else(|| panic!("the call does not declare {name}"));
        value.as_deref()
    }

    /// The same as a copy, `""` if it is absent.
    pub(super) fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_default().to_owned()
    }
}
