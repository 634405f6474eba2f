//! One fault of a request's body or path.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// One fault of a request's body or path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// The place in the body, as a JSON Pointer (RFC 6901). For a missing member, this is where it would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "/email")]
    pointer: Option<String>,
    /// The parameter of the path, if the fault is not in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "id")]
    parameter: Option<&'static str>,
    /// The rule that is broken.
    #[schema(value_type = String, example = "must be an e-mail address")]
    detail: Cow<'static, str>,
}

impl Fault {
    /// A fault at `pointer` in the body.
    pub(crate) fn at(pointer: String, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: Some(pointer), parameter: None, detail: detail.into() }
    }

    /// A fault of a `parameter` of the path.
    pub(crate) fn of_parameter(parameter: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { pointer: None, parameter: Some(parameter), detail: detail.into() }
    }
}
