//! Requests with an `Idempotency-Key`: carried out once, answered as often as they are repeated.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::ApiError;
use super::created::{Created, replay, settlement};
use super::exchange::Exchange;
use super::problem::Problem;
use crate::centagate::{self, BeforeSending, NotSent, Turn};
use crate::metrics::KeyResult;
use crate::store::{Claim, KeyStatus, Request, Unavailable};

/// How long a claim outlives its request's deadline.
const LEASE_BEYOND_DEADLINE: Duration = Duration::from_secs(5);

/// Tells the claim, if there is one, that its request is about to be sent.
#[derive(Clone)]
pub(super) struct Watch(Option<Arc<Claim>>);

impl BeforeSending for Watch {
    async fn about_to_send(&self) -> Result<(), NotSent> {
        match &self.0 {
            Some(claim) => claim.mark_sent().await.map_err(|_| NotSent::Unrecorded),
            None => Ok(()),
        }
    }
}

/// Carries out `call` if `allow` says so, unless `request` says that this has been done before: then its reply is replayed, or
/// the reason why there is none is told.
pub(super) async fn once<F>(
    exchange: &Exchange,
    request: Option<Request<'_>>,
    allow: impl FnOnce() -> Result<(), ApiError>,
    call: impl FnOnce(Turn, Watch) -> F,
) -> Result<Created, ApiError>
where
    F: Future<Output = Result<Created, centagate::Error>>,
{
    let claim = match request {
        Some(request) => match claim(exchange, &request).await? {
            ControlFlow::Continue(claim) => Some(Arc::new(claim)),
            ControlFlow::Break(reply) => return Ok(reply),
        },
        None => None,
    };
    let watch = Watch(claim.clone());
    let result = match allow() {
        Ok(()) => exchange.call(|turn| call(turn, watch)).await,
        Err(refusal) => Err(refusal),
    };
    if let Some(claim) = claim {
        claim.settle(&settlement(&result)).await;
    }
    result
}

/// Claims `request`'s key, or answers what its request was answered before.
async fn claim(exchange: &Exchange, request: &Request<'_>) -> Result<ControlFlow<Created, Claim>, ApiError> {
    let lease = exchange.deadline.saturating_duration_since(Instant::now()) + LEASE_BEYOND_DEADLINE;
    let status = exchange.gateway.ledger.claim(request, exchange.send_by(), lease).await;
    exchange.record.idempotency(match &status {
        Ok(status) => key_result(status),
        Err(Unavailable::DeadlinePassed) => {
            return Err(ApiError::from(&centagate::Error::NotSent(NotSent::DeadlineSpent)));
        }
        Err(Unavailable::CallerShareUsed) => KeyResult::CallerShare,
        Err(_) => KeyResult::Unavailable,
    });
    match status.map_err(|_| Problem::IdempotencyUnavailable)? {
        KeyStatus::New(claim) => Ok(ControlFlow::Continue(claim)),
        KeyStatus::Replied { reply, has_secrets } => {
            if has_secrets {
                exchange.gateway.audit.replay(&exchange.action).await.map_err(|_| Problem::AuditUnavailable)?;
            }
            replay(reply.expose_secret()).map(ControlFlow::Break)
        }
        KeyStatus::SecretsExpired => Err(Problem::PasscodeNoLongerAvailable.into()),
        KeyStatus::InProgress => Err(Problem::IdempotencyInProgress.into()),
        KeyStatus::OutcomeUnknown => Err(Problem::OutcomeUnknown.into()),
        KeyStatus::Mismatch => Err(Problem::IdempotencyMismatch.into()),
    }
}

/// What is known of a key, for logs and metrics.
fn key_result(status: &KeyStatus) -> KeyResult {
    match status {
        KeyStatus::New(_) => KeyResult::New,
        KeyStatus::Replied { .. } => KeyResult::Replayed,
        KeyStatus::SecretsExpired => KeyResult::PasscodeExpired,
        KeyStatus::InProgress => KeyResult::InProgress,
        KeyStatus::OutcomeUnknown => KeyResult::OutcomeUnknown,
        KeyStatus::Mismatch => KeyResult::Mismatch,
    }
}
