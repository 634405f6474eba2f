//! The error that a request ends with, before it becomes a problem document.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpResponse, ResponseError};

use super::document::{ProblemDocument, urn};
use super::table::Problem;
use crate::api::IDEMPOTENT_REPLAYED;
use crate::api::input::{BodyFault, Fault, JSON};
use crate::api::rate_limit::seconds;
use crate::callers::Lack;
use crate::domain::Outcome;

/// The media types that a POST may have (<https://www.w3.org/TR/ldp/#header-accept-post>).
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Why a request failed, as its caller will read it.
///
/// Handlers return it. Only the boundary turns it into a reply, because only the boundary knows the request's ID.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(in crate::api) problem: Problem,
    detail: Cow<'static, str>,
    pub(in crate::api) upstream_code: Option<i64>,
    pub(in crate::api) outcome: Option<Outcome>,
    pub(super) faults: Vec<Fault>,
    allow: Option<Arc<str>>,
    pub(super) retry_after: Option<u64>,
    /// The content codings that the body may have, if its coding is the fault.
    accept_encoding: Option<&'static str>,
    close: bool,
    replayed: bool,
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            detail: problem.entry().detail.into(),
            upstream_code: None,
            outcome: match problem {
                Problem::OutcomeUnknown => Some(Outcome::Unknown),
                Problem::IdempotencyUnavailable => Some(Outcome::NotExecuted),
                _ => None,
            },
            faults: Vec::new(),
            allow: None,
            retry_after: problem.entry().retry_after,
            accept_encoding: None,
            close: false,
            replayed: false,
        }
    }
}

impl ApiError {
    /// A `problem` with its own detail, which must not repeat text that the caller or CENTAGATE sent.
    pub(in crate::api) fn with_detail(problem: Problem, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..problem.into() }
    }

    /// A request whose body or path has `faults`.
    pub(in crate::api) fn invalid(faults: Vec<Fault>) -> Self {
        Self { faults, ..Problem::InvalidRequest.into() }
    }

    /// An operation that the operator has not enabled with the configuration `key`.
    pub(in crate::api) fn operation_disabled(key: &'static str) -> Self {
        Self::with_detail(Problem::OperationDisabled, format!("The operation is off. {key} enables it."))
    }

    /// A request that exceeds a rate limit for the next `wait`.
    pub(in crate::api) fn rate_limited(wait: Duration) -> Self {
        Self { retry_after: Some(seconds(wait).max(1)), ..Problem::RateLimited.into() }
    }

    /// A request with a method that is not in `allow`.
    pub(in crate::api) fn method_not_allowed(allow: Arc<str>) -> Self {
        Self { allow: Some(allow), ..Problem::MethodNotAllowed.into() }
    }

    /// A bug after the request may have reached CENTAGATE.
    pub(in crate::api) fn internal_after_sending(settle: &'static str) -> Self {
        Self { outcome: Some(Outcome::Unknown), ..Problem::Internal.into() }.with_settlement(settle)
    }

    /// The same error; if its outcome is unknown, the detail also says how to find it out (`settle`).
    pub(in crate::api) fn with_settlement(mut self, settle: &str) -> Self {
        // Nothing that a caller can send shows the approvers' decision.
        if self.outcome == Some(Outcome::Unknown) && self.problem != Problem::EditPendingApproval {
            let detail = &self.detail;
            self.detail = format!("{detail} It is unknown whether the request was executed. {settle}").into();
        }
        self
    }

    /// The same error; the connection closes after the reply, because the rest of the body is not read.
    pub(in crate::api) fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    /// The same error as the replay of an earlier reply.
    pub(in crate::api) fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }

    /// The same error with the faults of an example.
    pub(in crate::api) fn with_example_fault(mut self, fault: Fault) -> Self {
        self.faults = vec![fault];
        self
    }

    /// The same error with an outcome and a return code, for an example.
    pub(in crate::api) fn with_example_outcome(mut self, outcome: Outcome, upstream_code: Option<i64>) -> Self {
        (self.outcome, self.upstream_code) = (Some(outcome), upstream_code);
        self
    }

    /// Whether the request was certainly not executed.
    pub(in crate::api) fn nothing_was_executed(&self) -> bool {
        self.outcome != Some(Outcome::Unknown)
    }

    /// The problem document as a reply.
    pub(in crate::api) fn reply(&self, request_id: &str) -> HttpResponse {
        let entry = self.problem.entry();
        let mut reply = HttpResponse::build(entry.status);
        reply.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/problem+json")));
        if self.problem == Problem::Unauthenticated {
            reply.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        match self.accept_encoding {
            Some(codings) => {
                reply.insert_header((ACCEPT_ENCODING, HeaderValue::from_static(codings)));
            }
            None if self.problem == Problem::UnsupportedMediaType => {
                reply.insert_header((ACCEPT_POST, HeaderValue::from_static(JSON)));
            }
            None => {}
        }
        if let Some(seconds) = self.retry_after {
            reply.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if let Some(methods) = &self.allow {
            reply.insert_header((ALLOW, &**methods));
        }
        if self.replayed {
            reply.insert_header(IDEMPOTENT_REPLAYED);
        }
        let mut reply = reply.body(self.document(request_id));
        if self.close {
            reply.head_mut().set_connection_type(ConnectionType::Close);
        }
        reply
    }

    /// The problem document as JSON.
    pub(crate) fn document(&self, request_id: &str) -> Vec<u8> {
        let entry = self.problem.entry();
        let document = ProblemDocument {
            type_: urn(entry.code),
            title: entry.title,
            status: entry.status.as_u16(),
            detail: &self.detail,
            code: entry.code,
            request_id,
            upstream_code: self.upstream_code,
            outcome: self.outcome,
            errors: &self.faults,
        };
        serde_json::to_vec(&document).expect("a problem document serializes")
    }
}

impl From<BodyFault> for ApiError {
    fn from(fault: BodyFault) -> Self {
        match fault {
            BodyFault::Unexpected => {
                Self::invalid(vec![Fault::at(String::new(), "must be absent: this request has no body")]).closing()
            }
            BodyFault::ContentCoding => Self {
                accept_encoding: Some("identity"),
                detail: "The body has a content coding. Send it without one.".into(),
                ..Problem::UnsupportedMediaType.into()
            },
            BodyFault::MediaType => Problem::UnsupportedMediaType.into(),
            BodyFault::TooLarge => Self::from(Problem::BodyTooLarge).closing(),
            BodyFault::Timeout => Self::from(Problem::RequestTimeout).closing(),
            BodyFault::Incomplete => Self::from(Problem::MalformedRequest).closing(),
            BodyFault::NotAnObject => Problem::MalformedRequest.into(),
            BodyFault::NumberOutOfRange => {
                Self::invalid(vec![Fault::at(String::new(), "has a number that is out of range")])
            }
        }
    }
}

impl From<Lack> for ApiError {
    fn from(lack: Lack) -> Self {
        Self::with_detail(Problem::Forbidden, lack.to_string())
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.entry().code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.problem.entry().status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code()) // the boundary replaces it
    }
}
