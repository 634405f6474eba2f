use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use super::json::Json;
use crate::domain::{Text, Username};

/// One fault of a request's body or path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// Where in the body: a JSON Pointer (RFC 6901); a missing member is pointed to where it would stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/email")]
    pub(super) pointer: Option<String>,
    /// Which part of the path, where the fault is not in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "id")]
    pub(super) parameter: Option<&'static str>,
    /// The rule that was broken.
    #[schema(value_type = String, example = "must be an e-mail address")]
    pub(super) detail: Cow<'static, str>,
}

impl Fault {
    /// A fault of the body at `pointer`.
    pub(super) fn at(pointer: String, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: Some(pointer), parameter: None, detail: detail.into() }
    }

    /// A fault of the path's `parameter`.
    pub(super) fn of_parameter(parameter: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: None, parameter: Some(parameter), detail: detail.into() }
    }
}

/// What a member's value should have been.
type Refusal = Cow<'static, str>;

/// Reads the members of a body's object one after the other and gathers every fault.
pub(super) struct Members<'a> {
    members: Vec<(Cow<'a, str>, Json<'a>)>,
    faults: Vec<Fault>,
}

impl<'a> Members<'a> {
    pub(super) fn new(members: Vec<(Cow<'a, str>, Json<'a>)>) -> Self {
        Self { members, faults: Vec::new() }
    }

    /// Adds a fault found elsewhere.
    pub(super) fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Takes the member called `name`; nothing, and a fault, where it is absent, null or not what `read` wants.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Json<'a>) -> Result<T, Refusal>,
    ) -> Option<T> {
        match self.take(name) {
            None => self.refuse(name, "is required".into()),
            Some(Json::Null) => self.refuse(name, "must not be null".into()),
            Some(value) => read(value).map_or_else(|refusal| self.refuse(name, refusal), Some),
        }
    }

    /// Takes the member called `name`; nothing where it is absent or null; nothing, and a fault, where it is not what
    /// `read` wants.
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Json<'a>) -> Result<T, Refusal>,
    ) -> Option<T> {
        match self.take(name) {
            None | Some(Json::Null) => None,
            Some(value) => read(value).map_or_else(|refusal| self.refuse(name, refusal), Some),
        }
    }

    /// Takes the member called `name`; the `default` where it is absent or null and there is one.
    pub(super) fn required_unless(&mut self, default: Option<&Text>, name: &'static str) -> Option<Text> {
        match default {
            Some(default) => {
                let faults = self.faults.len();
                let given = self.optional(name, text);
                given.or_else(|| (self.faults.len() == faults).then(|| default.clone()))
            }
            None => self.required(name, text),
        }
    }

    /// Takes an optional array of texts; each bad item is a fault of its own.
    pub(super) fn texts(&mut self, name: &'static str, at_most: usize) -> Vec<Text> {
        let items = match self.take(name) {
            None | Some(Json::Null) => return Vec::new(),
            Some(Json::Array(items)) => items,
            Some(_) => {
                self.refuse::<()>(name, "must be an array".into());
                return Vec::new();
            }
        };
        if items.len() > at_most {
            self.refuse::<()>(name, format!("must have at most {at_most} items").into());
        }
        let mut texts = Vec::with_capacity(items.len().min(at_most));
        for (index, item) in items.into_iter().enumerate() {
            match text(item) {
                Ok(text) => texts.push(text),
                Err(refusal) => self.faults.push(Fault::at(format!("/{name}/{index}"), refusal)),
            }
        }
        texts
    }

    /// Ends the reading: members that nobody took are faults.
    ///
    /// # Errors
    /// All faults, if there is one.
    pub(super) fn finish(mut self) -> Result<(), Vec<Fault>> {
        for (name, _) in self.members {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            self.faults.push(Fault::at(pointer, "is not a member of this request"));
        }
        if self.faults.is_empty() { Ok(()) } else { Err(self.faults) }
    }

    fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let index = self.members.iter().position(|(member, _)| member == name)?;
        Some(self.members.remove(index).1)
    }

    fn refuse<T>(&mut self, name: &str, refusal: Refusal) -> Option<T> {
        self.faults.push(Fault::at(format!("/{name}"), refusal));
        None
    }
}

/// A string.
pub(super) fn string(value: Json<'_>) -> Result<String, Refusal> {
    match value {
        Json::String(text) => Ok(text.into_owned()),
        _ => Err("must be a string".into()),
    }
}

/// A string that is a [`Text`].
pub(super) fn text(value: Json<'_>) -> Result<Text, Refusal> {
    Text::parse(string(value)?).map_err(|fault| fault.to_string().into())
}

/// A string that is a [`Text`] and a [`Username`].
pub(super) fn username(value: Json<'_>) -> Result<Username, Refusal> {
    let text = text(value)?;
    Username::parse(text.as_str()).map_err(|fault| fault.to_string().into())
}

/// A string that is one of `words`, by `from_word`.
pub(super) fn word<T>(
    from_word: impl FnOnce(&str) -> Option<T>,
    words: &'static str,
) -> impl FnOnce(Json<'_>) -> Result<T, Refusal> {
    move |value| from_word(&string(value)?).ok_or_else(|| format!("must be one of {words}").into())
}
