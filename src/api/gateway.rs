//! The state that all requests share.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;

use super::docs::Contract;
use super::lifecycle::Lifecycle;
use super::problems::{ApiError, Problem};
use super::rate_limit::{RateLimits, Verdict};
use super::record::RequestRecord;
use crate::audit::AuditTrail;
use crate::callers::{Callers, jwt};
use crate::centagate;
use crate::domain::{CallerShare, ComparableName, Username};
use crate::listener::ListenerCertificate;
use crate::metrics::Metrics;
use crate::operations::{Switch, UserSettings};
use crate::store::Ledger;
use crate::telemetry::Traces;

/// The state that all requests share.
pub(crate) struct Gateway {
    pub(crate) callers: ArcSwap<Callers>,
    /// The share of every common resource that one caller may use.
    pub(crate) caller_share: CallerShare,
    /// Verifies JWTs, if enabled.
    pub(crate) jwt_verifier: Option<jwt::Verifier>,
    pub(crate) centagate: centagate::Client,
    /// The gateway's own admin, who is never a target.
    pub(crate) admin: ComparableName,
    pub(crate) audit: AuditTrail,
    /// The records of requests with an `Idempotency-Key`.
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) users: UserSettings,
    pub(crate) limits: Limits,
    /// The switches that are on.
    pub(crate) enabled: Vec<Switch>,
    pub(crate) listener_certificate: Option<ListenerCertificate>,
    /// The path of `server.public_url`: empty, or with a leading and without a trailing slash.
    pub(crate) base_path: String,
    /// The OpenAPI documents, if they are served.
    pub(crate) contract: Option<Contract>,
    pub(crate) lifecycle: Lifecycle,
    /// When the process becomes ready although it has never worked.
    pub(crate) grace_ends: Instant,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) traces: Traces,
}

/// The limits of one request.
pub(crate) struct Limits {
    pub(crate) max_body_bytes: usize,
    pub(crate) request_timeout: Duration,
    /// The time that CENTAGATE has for its reply.
    pub(crate) call_timeout: Duration,
}

impl Gateway {
    /// Replaces the callers.
    pub(crate) fn replace_callers(&self, callers: Callers) {
        self.caller_share.set_sole_caller(callers.has_sole_caller(self.jwt_verifier.is_some()));
        self.callers.store(Arc::new(callers));
    }

    /// Records the verdict of a rate limit.
    ///
    /// # Errors
    /// If the request exceeds the limit.
    pub(super) fn enforce(&self, verdict: Option<Verdict>, record: &RequestRecord) -> Result<(), ApiError> {
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

    /// Refuses requests that target the gateway's own admin.
    ///
    /// # Errors
    /// If `target` could be the admin's name in any spelling.
    pub(super) fn refuse_own_admin(&self, target: &Username) -> Result<(), ApiError> {
        if ComparableName::new(target.as_str()).matches(&self.admin) {
            return Err(ApiError::with_detail(Problem::Forbidden, "The gateway's own admin is never a target."));
        }
        Ok(())
    }
}
