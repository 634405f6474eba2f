use serde::Serialize;
use utoipa::ToSchema;

use super::members::Fault;
use crate::domain::Outcome;

/// The body of every error reply: a problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemDocument<'a> {
    /// The kind of problem as a URN; `GET /problems` explains all of them.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:centagate-gateway:problem:username-taken")]
    pub(super) type_: String,
    /// What kind of problem this is, for people; the same for every occurrence.
    #[schema(value_type = String, example = "Another user has this name")]
    pub(super) title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 409)]
    pub(super) status: u16,
    /// What happened, for people; it never repeats what the caller or CENTAGATE sent.
    #[schema(value_type = String, example = "CENTAGATE has another user with this name.")]
    pub(super) detail: &'a str,
    /// The kind of problem as a stable word, for programs.
    #[schema(value_type = String, example = "username_taken")]
    pub(super) code: &'static str,
    /// The id of this request, as in the header `X-Request-Id`.
    #[schema(value_type = String, example = "01939d5b-7c1f-7e0a-9c3b-2f8d1c5e4a6b")]
    pub(super) request_id: &'a str,
    /// CENTAGATE's return code, where it answered with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 22025)]
    pub(super) upstream_code: Option<i64>,
    /// On every problem that concerns a call of CENTAGATE: whether the request may have been executed. After
    /// `notExecuted` it may be sent again; after `unknown`, look first (`GET /users/{id}`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = OutcomeWord, nullable = false, example = "notExecuted")]
    pub(super) outcome: Option<Outcome>,
    /// Every fault of the request, with `code` `invalid_request`.
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    #[schema(value_type = Vec<Fault>)]
    pub(super) errors: &'a [Fault],
}

/// Whether a request that failed may have been executed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Outcome)]
#[expect(dead_code, reason = "documents the words of `Outcome`")]
pub(crate) enum OutcomeWord {
    /// Nothing was changed: it may be sent again.
    NotExecuted,
    /// It may have been executed: look before sending it again.
    Unknown,
}

/// The URN of the problem whose code is `code`.
pub(crate) fn urn(code: &str) -> String {
    format!("urn:centagate-gateway:problem:{}", code.replace('_', "-"))
}
