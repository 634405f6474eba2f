//! The callers' side: routes, requests and replies, problem documents, who may do what.
//!
//! A request goes one way through these files: `boundary` lets it in, `routes` finds its handler (`create_user`,
//! `get_user`, `register_otp_token`), which asks `authentication` who is calling, has `body` and `members` read what was sent, and
//! hands a domain value to `exchange`; `idempotency` has it carried out once. An [`ApiError`] anywhere on the way becomes a problem document in `boundary`.

mod authentication;
mod body;
mod boundary;
pub(crate) mod configuration;
mod create_user;
mod created;
mod docs;
mod error;
mod exchange;
mod get_user;
mod idempotency;
mod idempotency_key;
mod json;
mod large_reply;
mod lifecycle;
mod management;
mod media_type;
mod members;
mod page;
#[cfg(test)]
mod panic_tests;
mod path;
mod problem;
mod problem_document;
mod problem_pages;
mod problem_table;
#[cfg(test)]
mod problem_tests;
mod rate_limit;
mod register_otp_token;
mod request_record;
mod routes;
mod to_the_end;
mod unread_body;
mod user_reply;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

pub(crate) use boundary::boundary;
pub use configuration::{RateLimitSettings, UserSettings};
pub(crate) use create_user::{__path_create_user, CreateUserRequest, parse as parse_user};
pub(crate) use docs::Contract;
pub(crate) use error::ApiError;
pub(crate) use get_user::__path_get_user;
pub(crate) use lifecycle::Lifecycle;
pub(crate) use management::{configure as configure_management, one_request_per_connection};
pub(crate) use members::Fault;
pub(crate) use problem::Problem;
pub(crate) use problem_document::ProblemDocument;
pub(crate) use rate_limit::RateLimits;
pub(crate) use register_otp_token::{__path_register_otp_token, RegisterOtpTokenRequest};
pub(crate) use routes::configure;

use self::request_record::RequestRecord;
use crate::audit::AuditTrail;
use crate::callers::Callers;
use crate::callers::jwt;
use crate::centagate;
use crate::domain::{CallerShare, ComparableName, Username};
use crate::listener::ListenerCertificate;
use crate::metrics::Metrics;
use crate::store::Ledger;
use crate::telemetry::Traces;

/// Marks a reply that was made for an earlier request with the same `Idempotency-Key`.
const IDEMPOTENT_REPLAYED: (&str, &str) = ("Idempotent-Replayed", "true");

/// Everything that handlers share.
pub(crate) struct Gateway {
    pub(crate) callers: ArcSwap<Callers>,
    /// How much of everything that callers share one of them may have.
    pub(crate) caller_share: CallerShare,
    /// Tells whose tokens callers send, where they may.
    pub(crate) jwt_verifier: Option<jwt::Verifier>,
    pub(crate) centagate: centagate::Client,
    /// The gateway's own admin, who is never a target.
    pub(crate) admin: ComparableName,
    pub(crate) audit: AuditTrail,
    /// What became of requests that carried an `Idempotency-Key`.
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) users: UserSettings,
    pub(crate) limits: Limits,
    pub(crate) listener_certificate: Option<ListenerCertificate>,
    /// The path that routes are mounted under: empty, or with a slash at its start and none at its end.
    pub(crate) base_path: String,
    /// The contract as it is served, if it is.
    pub(crate) contract: Option<Contract>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) traces: Traces,
}

/// What one request may use.
pub(crate) struct Limits {
    pub(crate) max_body_bytes: usize,
    pub(crate) request_timeout: Duration,
    /// The time that CENTAGATE has for its reply.
    pub(crate) call_timeout: Duration,
}

impl Gateway {
    /// Serves these callers from now on.
    pub(crate) fn replace_callers(&self, callers: Callers) {
        self.caller_share.set_sole_caller(callers.has_sole_caller(self.jwt_verifier.is_some()));
        self.callers.store(Arc::new(callers));
    }

    /// Puts on record what a limit says, and refuses the request if it is one too many.
    fn within(&self, verdict: Option<rate_limit::Verdict>, record: &RequestRecord) -> Result<(), ApiError> {
        let Some(verdict) = verdict else { return Ok(()) };
        let refusal = verdict.wait.map(|wait| (verdict.limit, ApiError::rate_limited(wait)));
        record.rate_limit(verdict);
        match refusal {
            Some((limit, refusal)) => {
                self.metrics.requests.count_rate_limited(limit);
                Err(refusal)
            }
            None => Ok(()),
        }
    }

    fn refuse_own_admin(&self, target: &Username) -> Result<(), ApiError> {
        if ComparableName::new(target.as_str()).matches(&self.admin) {
            return Err(ApiError::with_detail(Problem::Forbidden, "The gateway's own admin is never a target."));
        }
        Ok(())
    }
}
