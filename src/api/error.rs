use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use actix_web::http::header::{
    ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::{HttpResponse, ResponseError};

use super::media_type;
use super::members::Fault;
use super::problem::Problem;
use super::problem_document::{ProblemDocument, urn};
use super::rate_limit;
use crate::callers::Lack;
use crate::centagate::{self, Meaning, NotSent, ReturnCode, Unreadable};
use crate::domain::Outcome;

/// The media types that a POST may have (<https://www.w3.org/TR/ldp/#header-accept-post>).
const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Why a request was not served, as its caller will read it.
///
/// Handlers return it; [`boundary`](fn@super::boundary) alone makes the reply, because only there the request's id is known.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(super) problem: Problem,
    detail: Cow<'static, str>,
    pub(super) upstream_code: Option<i64>,
    pub(super) outcome: Option<Outcome>,
    faults: Vec<Fault>,
    allow: Option<&'static str>,
    retry_after: Option<u64>,
    /// The content codings that a request may have, if the coding is what is wrong.
    accept_encoding: Option<&'static str>,
    close: bool,
    replayed: bool,
}

/// The detail of `centagate_failed` where that does not mean that nothing was executed.
const FAILED_WITH_UNKNOWN_OUTCOME: &str =
    "CENTAGATE reports a failure of its own; whether the request was executed is unknown: GET /users/{id} tells.";

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
    /// A `problem` with a detail of its own; it must not repeat what the caller or CENTAGATE sent.
    pub(super) fn with_detail(problem: Problem, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..problem.into() }
    }

    /// A request whose body or path has `faults`.
    pub(super) fn invalid(faults: Vec<Fault>) -> Self {
        Self { faults, ..Problem::InvalidRequest.into() }
    }

    /// A request that is one too many for the next `wait`.
    pub(super) fn rate_limited(wait: Duration) -> Self {
        Self { retry_after: Some(rate_limit::seconds(wait).max(1)), ..Problem::RateLimited.into() }
    }

    /// A route that takes only the methods in `allow`.
    pub(super) fn method_not_allowed(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Problem::MethodNotAllowed.into() }
    }

    /// A request whose body has a content coding.
    pub(super) fn unsupported_content_coding() -> Self {
        let detail = "The body has a content coding; send it without one.";
        Self { accept_encoding: Some("identity"), ..Self::with_detail(Problem::UnsupportedMediaType, detail) }
    }

    /// A bug met after the request may have reached CENTAGATE.
    pub(super) fn internal_after_sending() -> Self {
        Self { outcome: Some(Outcome::Unknown), ..Problem::Internal.into() }
    }

    /// The same error, with the connection closed after the reply: the rest of the body is not wanted.
    pub(super) fn closing(self) -> Self {
        Self { close: true, ..self }
    }

    /// The same error, told once more to who repeats a request.
    pub(super) fn replayed(self) -> Self {
        Self { replayed: true, ..self }
    }

    /// Whether it is certain that nothing was executed: what was not sent has no outcome.
    pub(super) fn nothing_was_executed(&self) -> bool {
        self.outcome != Some(Outcome::Unknown)
    }

    /// The problem document as a reply.
    pub(super) fn reply(&self, request_id: &str) -> HttpResponse {
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
                reply.insert_header((ACCEPT_POST, HeaderValue::from_static(media_type::JSON)));
            }
            None => {}
        }
        if let Some(seconds) = self.retry_after {
            reply.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if let Some(methods) = self.allow {
            reply.insert_header((ALLOW, HeaderValue::from_static(methods)));
        }
        if self.replayed {
            reply.insert_header(super::IDEMPOTENT_REPLAYED);
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

    /// An error with `problem` as the caller of an operation, with or without a body, may meet it.
    pub(crate) fn example(problem: Problem, has_body: bool) -> Self {
        let refusals = ReturnCode::KNOWN.map(|code| centagate::Error::Refused(ReturnCode::new(code)));
        let failures = [
            centagate::Error::NotSent(NotSent::DeadlineSpent),
            centagate::Error::TimedOut,
            centagate::Error::Unreadable(Unreadable::NotAnEnvelope),
        ];
        let met = refusals.iter().chain(&failures).map(Self::from).find(|error| error.problem == problem);
        met.unwrap_or_else(|| match problem {
            Problem::InvalidRequest if has_body => {
                Self::invalid(vec![Fault::at("/email".to_owned(), "must be an e-mail address")])
            }
            Problem::InvalidRequest => Self::invalid(vec![Fault::of_parameter("id", "must be percent-encoded UTF-8")]),
            other => other.into(),
        })
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

impl From<&centagate::Error> for ApiError {
    fn from(error: &centagate::Error) -> Self {
        use Outcome::{NotExecuted, Unknown};
        let (problem, outcome) = match error {
            centagate::Error::NotSent(
                NotSent::CannotConnect(_)
                | NotSent::DeadlineSpent
                | NotSent::NoSession
                | NotSent::Busy
                | NotSent::ShareOfCaller
                | NotSent::CircuitOpen(_)
                | NotSent::Stopping,
            ) => (Problem::CentagateUnavailable, NotExecuted),
            centagate::Error::NotSent(NotSent::Unrecorded) => (Problem::IdempotencyUnavailable, NotExecuted),
            centagate::Error::TimedOut => (Problem::CentagateTimeout, Unknown),
            centagate::Error::ConnectionLost(_) | centagate::Error::Unreadable(_) => {
                (Problem::CentagateUnexpected, Unknown)
            }
            centagate::Error::Refused(code) => match code.meaning() {
                Meaning::InvalidInput => (Problem::RejectedByCentagate, NotExecuted),
                Meaning::DuplicateEmail => (Problem::EmailTaken, NotExecuted),
                Meaning::DuplicateUsername => (Problem::UsernameTaken, NotExecuted),
                Meaning::UserNotFound => (Problem::UserNotFound, NotExecuted),
                Meaning::UserNotActive => (Problem::UserNotActive, NotExecuted),
                Meaning::AlreadyBound => (Problem::OtpTokenAlreadyRegistered, NotExecuted),
                Meaning::GroupNotFound => (Problem::GroupNotFound, NotExecuted),
                Meaning::UserLimitReached => (Problem::UserLimitReached, NotExecuted),
                Meaning::AdminDenied => (Problem::CentagateDenied, NotExecuted),
                Meaning::InstallationFault => (Problem::CentagateFailed, NotExecuted),
                Meaning::InternalFault => (Problem::CentagateFailed, Unknown),
                Meaning::Undocumented => (Problem::CentagateUnexpected, Unknown),
            },
        };
        let upstream_code = match error {
            centagate::Error::Refused(code) => Some(ReturnCode::get(*code)),
            _ => None,
        };
        let retry_after = match error {
            centagate::Error::NotSent(NotSent::CircuitOpen(wait)) => Some(rate_limit::seconds(*wait).max(1)),
            _ => problem.entry().retry_after,
        };
        let detail = match (problem, outcome) {
            (Problem::CentagateFailed, Unknown) => FAILED_WITH_UNKNOWN_OUTCOME.into(),
            _ => problem.entry().detail.into(),
        };
        Self { detail, upstream_code, outcome: Some(outcome), retry_after, ..problem.into() }
    }
}
