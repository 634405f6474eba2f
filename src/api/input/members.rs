//! A request as an operation reads it: the values of its path and the members of its body.

use std::borrow::Cow;

use super::fault::Fault;
use super::json::Json;
use super::values::{Expectation, text};
use crate::domain::{Text, TokenKind, Username};

/// The members of a JSON object, in the order in which they were sent.
pub(crate) type Object<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// Reads the path and the body, and collects every fault.
///
/// It also builds the canonical form of the request, if the request has an idempotency key: the members in a fixed order,
/// without those that have their default.
pub(crate) struct Input<'a> {
    path: Vec<(&'static str, Option<String>)>,
    members: Object<'a>,
    faults: Vec<Fault>,
    canonical: Option<Vec<(&'static str, Vec<u8>)>>,
}

/// A request without faults, as the fingerprint of an idempotency key covers it.
#[derive(Debug, Default)]
pub(crate) struct Canonical {
    /// The decoded values of the path.
    pub(in crate::api) path: Vec<String>,
    /// The members as JSON in a fixed order. Empty if no canonical form was requested.
    pub(in crate::api) members: Vec<u8>,
}

impl<'a> Input<'a> {
    /// The input with these values of the `path` and these `members`.
    pub(crate) fn new(path: Vec<(&'static str, Option<String>)>, members: Object<'a>, needs_canonical: bool) -> Self {
        Self { path, members, faults: Vec::new(), canonical: needs_canonical.then(Vec::new) }
    }

    /// The user name in the path (`{id}`).
    pub(crate) fn username_in_path(&mut self) -> Option<Username> {
        self.in_path("id", |value| Username::parse(value).map_err(|fault| fault.to_string().into()))
    }

    /// The kind of token in the path (`{kind}`).
    pub(crate) fn token_kind_in_path(&mut self) -> Option<TokenKind> {
        let expectation = "must be one of mobile, sms, challenge, pki";
        self.in_path("kind", |word| TokenKind::from_word(word).ok_or(expectation.into()))
    }

    /// The value of a parameter of the path, as `read` understands it.
    pub(crate) fn in_path<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<T, Expectation>,
    ) -> Option<T> {
        let value = self.path.iter().find(|(parameter, _)| *parameter == name).and_then(|(_, value)| value.as_deref());
        let read = value.map_or_else(|| Err("must be percent-encoded UTF-8".into()), read);
        read.map_err(|expectation| self.faults.push(Fault::of_parameter(name, expectation))).ok()
    }

    /// A required member. It is a fault if the member is missing or null, or `read` rejects it.
    pub(crate) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Json<'a>) -> Result<T, Expectation>,
    ) -> Option<T> {
        match self.take(name) {
            None => self.reject(name, "is required".into()),
            Some(Json::Null) => self.reject(name, "must not be null".into()),
            Some(value) => self.read(name, value, read, |_| false),
        }
    }

    /// An optional member. Null means absent. It is a fault if `read` rejects the member.
    pub(crate) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Json<'a>) -> Result<T, Expectation>,
    ) -> Option<T> {
        match self.take(name) {
            None | Some(Json::Null) => None,
            Some(value) => self.read(name, value, read, |_| false),
        }
    }

    /// An optional member of a partial update. Null is a fault, because CENTAGATE cannot clear a value.
    pub(crate) fn optional_not_null<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Json<'a>) -> Result<T, Expectation>,
    ) -> Option<T> {
        match self.take(name) {
            None => None,
            Some(Json::Null) => self.reject(name, "must not be null: the value cannot be cleared".into()),
            Some(value) => self.read(name, value, read, |_| false),
        }
    }

    /// Checks that the body has at least one member. Call this before the members are read.
    pub(crate) fn require_a_member(&mut self) {
        if self.members.is_empty() {
            self.faults.push(Fault::at(String::new(), "must have at least one member"));
        }
    }

    /// An optional member that has a default. `None` means a fault, or that there is no `default`.
    pub(crate) fn optional_or<T: PartialEq>(
        &mut self,
        name: &'static str,
        default: Option<T>,
        read: impl FnOnce(Json<'a>) -> Result<T, Expectation>,
    ) -> Option<T> {
        match self.take(name) {
            None | Some(Json::Null) => default,
            Some(value) => self.read(name, value, read, |value| default.as_ref() == Some(value)),
        }
    }

    /// A text that is required unless the configuration has a `default`. The default is not part of the canonical form.
    pub(crate) fn required_unless(&mut self, name: &'static str, default: Option<&Text>) -> Option<Text> {
        match (default, self.take(name)) {
            (Some(default), None | Some(Json::Null)) => Some(default.clone()),
            (None, None) => self.reject(name, "is required".into()),
            (None, Some(Json::Null)) => self.reject(name, "must not be null".into()),
            (_, Some(value)) => self.read(name, value, text, |_| false),
        }
    }

    /// An optional array of texts. Each invalid item is a separate fault.
    pub(crate) fn texts(&mut self, name: &'static str, at_most: usize) -> Vec<Text> {
        let items = match self.take(name) {
            None | Some(Json::Null) => return Vec::new(),
            Some(value @ Json::Array(_)) => {
                if !matches!(&value, Json::Array(items) if items.is_empty()) {
                    self.add_to_canonical(name, &value);
                }
                let Json::Array(items) = value else { return Vec::new() };
                items
            }
            Some(_) => {
                self.reject::<()>(name, "must be an array".into());
                return Vec::new();
            }
        };
        if items.len() > at_most {
            self.reject::<()>(name, format!("must have at most {at_most} items").into());
        }
        let mut texts = Vec::with_capacity(items.len().min(at_most));
        for (index, item) in items.into_iter().enumerate() {
            match text(item) {
                Ok(text) => texts.push(text),
                Err(expectation) => self.faults.push(Fault::at(format!("/{name}/{index}"), expectation)),
            }
        }
        texts
    }

    /// Adds a fault of the member `name`.
    pub(crate) fn reject<T>(&mut self, name: &str, expectation: Expectation) -> Option<T> {
        self.faults.push(Fault::at(format!("/{name}"), expectation));
        None
    }

    /// Ends the reading. Members that the operation did not read are faults.
    ///
    /// # Errors
    /// All faults, if there are any.
    pub(crate) fn finish(mut self) -> Result<Canonical, Vec<Fault>> {
        for (name, _) in self.members {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            self.faults.push(Fault::at(pointer, "is not a member of this request"));
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let Some(mut members) = self.canonical else { return Ok(Canonical::default()) };
        members.sort_unstable();
        let members = members.into_iter().flat_map(|(name, value)| [name.as_bytes(), b":", &value, b"\n"].concat());
        Ok(Canonical {
            path: self.path.into_iter().filter_map(|(_, value)| value).collect(),
            members: members.collect(),
        })
    }

    fn take(&mut self, name: &str) -> Option<Json<'a>> {
        let index = self.members.iter().position(|(member, _)| member == name)?;
        Some(self.members.remove(index).1)
    }

    fn read<T>(
        &mut self,
        name: &'static str,
        value: Json<'a>,
        read: impl FnOnce(Json<'a>) -> Result<T, Expectation>,
        is_default: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let canonical = self.canonical.as_ref().and_then(|_| serde_json::to_vec(&value).ok());
        let read = read(value).map_or_else(|expectation| self.reject(name, expectation), Some)?;
        if let (Some(members), Some(value)) = (&mut self.canonical, canonical)
            && !is_default(&read)
        {
            members.push((name, value));
        }
        Some(read)
    }

    fn add_to_canonical(&mut self, name: &'static str, value: &Json<'_>) {
        if let (Some(members), Ok(value)) = (&mut self.canonical, serde_json::to_vec(value)) {
            members.push((name, value));
        }
    }
}
