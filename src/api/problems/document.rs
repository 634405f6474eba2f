//! The problem document (RFC 9457), which is the body of every error reply.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::input::Fault;
use crate::domain::Outcome;

/// The body of every error reply: a problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProblemDocument<'a> {
    /// The kind of problem as a URN. `GET /problems` explains them all.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "urn:centagate-gateway:problem:username-taken")]
    pub(super) type_: String,
    /// The kind of problem, for people. It is the same for every occurrence.
    #[schema(value_type = String, example = "The user name is taken")]
    pub(super) title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 409)]
    pub(super) status: u16,
    /// What happened, for people. It never repeats text that the caller or CENTAGATE sent.
    #[schema(value_type = String, example = "Another user in CENTAGATE has this name.")]
    pub(super) detail: &'a str,
    /// The kind of problem as a stable word, for programs.
    #[schema(value_type = String, example = "username_taken")]
    pub(super) code: &'static str,
    /// The ID of this request, as in the header `X-Request-Id`.
    #[schema(value_type = String, example = "01939d5b-7c1f-7e0a-9c3b-2f8d1c5e4a6b")]
    pub(super) request_id: &'a str,
    /// CENTAGATE's return code, if it sent one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 22025)]
    pub(super) upstream_code: Option<i64>,
    /// Whether the request may have been executed. Every problem that concerns a call to CENTAGATE has this member. After
    /// `unknown`, first find out what happened, as the operation's description says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = OutcomeWord, nullable = false, example = "notExecuted")]
    pub(super) outcome: Option<Outcome>,
    /// Every fault of the request, if `code` is `invalid_request` or `password_rejected`.
    #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
    #[schema(value_type = Vec<Fault>)]
    pub(super) errors: &'a [Fault],
}

/// Whether a failed request may have been executed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Outcome)]
#[expect(dead_code, reason = "documents the words of `Outcome`")]
pub(crate) enum OutcomeWord {
    /// Nothing was executed. The request can be sent again.
    NotExecuted,
    /// The request may have been executed.
    Unknown,
    /// CENTAGATE refused a code or a password, and may have counted a failed attempt.
    Refused,
}

/// The URN of the problem with this `code`.
pub(crate) fn urn(code: &str) -> String {
    format!("urn:centagate-gateway:problem:{}", code.replace('_', "-"))
}
