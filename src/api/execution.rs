//! The execution of one accepted request: limit per target, call permit, audit records, and the call to CENTAGATE.

use std::sync::Arc;

use actix_web::{ResponseError as _, web};
use tokio::time::Instant;

use super::gateway::Gateway;
use super::problems::{ApiError, Problem};
use super::record::RequestRecord;
use crate::audit::{Action, Ending};
use crate::centagate::{self, Answer, BeforeSending, Meaning};
use crate::domain::Outcome;
use crate::operations::{Reply, Request, Row};

/// A request that passed all checks.
pub(super) struct Execution {
    pub(super) gateway: web::Data<Gateway>,
    pub(super) record: Arc<RequestRecord>,
    pub(super) operation: &'static Row,
    pub(super) action: Action,
    /// The request's deadline.
    pub(super) deadline: Instant,
    request: Box<dyn Request>,
}

/// The reply to an executed request.
pub(super) struct Executed {
    pub(super) reply: Reply,
    /// Whether the reply was made for an earlier request with the same `Idempotency-Key`.
    pub(super) is_replay: bool,
}

impl Execution {
    pub(super) fn new(
        gateway: web::Data<Gateway>,
        record: Arc<RequestRecord>,
        operation: &'static Row,
        request: Box<dyn Request>,
        action: Action,
    ) -> Self {
        let deadline = record.started() + gateway.limits.request_timeout;
        Self { gateway, record, operation, action, deadline, request }
    }

    /// The latest time to send the call. CENTAGATE then has its whole time to reply; with less, the outcome might be unknown.
    pub(super) fn send_by(&self) -> Instant {
        self.deadline.checked_sub(self.gateway.limits.call_timeout).unwrap_or(self.deadline)
    }

    /// Calls CENTAGATE, and records the attempt before and the outcome after it. `hook` runs immediately before the call is
    /// sent.
    pub(super) async fn call(&self, hook: Option<&dyn BeforeSending>) -> Result<Reply, ApiError> {
        let Self { gateway, record, operation, action, request, .. } = self;
        if let Some(limit) = operation.spec.target_limit {
            gateway.enforce(gateway.rate_limits.per_target(limit, &action.caller, request.target()), record)?;
        }
        let waiting_since = Instant::now();
        // Many requests may wait for a permit, so the state that waits is kept small: the attempt and the call come
        // later.
        let permit = gateway.centagate.acquire_permit(&action.caller, self.send_by()).await;
        let waited = waiting_since.elapsed();
        let attempt = gateway.audit.attempt(action).await.map_err(|_| Problem::AuditUnavailable)?;
        let started = Instant::now();
        let answered = match permit {
            Ok(permit) => Box::pin(gateway.centagate.call(permit, &**request, hook)).await,
            Err(not_sent) => Err(centagate::Error::NotSent(not_sent)),
        };
        let duration = waited + started.elapsed();
        let (result, failure) = match answered {
            Ok(object) => (self.reply(request.reply(object), started), None),
            Err(failure) => (Err(ApiError::of_call(operation, &failure)), Some(failure)),
        };
        let (outcome, status) = match &result {
            Ok(_) => ("executed", operation.spec.success),
            Err(error) => (error.outcome.map_or("unknown", Outcome::as_str), error.status_code().as_u16()),
        };
        let upstream_code = match (&result, &failure) {
            (Err(error), Some(_)) => error.upstream_code,
            _ => Some(0),
        };
        let ending = Ending { outcome, status, upstream_code, duration };
        record.call(operation, failure.as_ref(), &ending);
        attempt.ended(&ending).await;
        result
    }

    /// The operation's reply below the base path. Its secrets were created after `started`.
    fn reply(&self, answer: Answer<Result<Reply, Meaning>>, started: Instant) -> Result<Reply, ApiError> {
        if !answer.is_readable {
            self.record.unreadable_object();
        }
        let reply = answer.value.map_err(|meaning| ApiError::of_answer(self.operation, meaning))?;
        Ok(Reply {
            location: reply.location.map(|location| format!("{}{location}", self.gateway.base_path)),
            secrets_valid_for: reply.secrets_valid_for.map(|validity| validity.saturating_sub(started.elapsed())),
            ..reply
        })
    }
}
