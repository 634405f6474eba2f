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
use crate::store::{Claim, Found, Request, Unavailable};

/// How long a claim outlives its request's deadline.
const LEASE_BEYOND_DEADLINE: Duration = Duration::from_secs(5);

/// Tells the claim, if there is one, that its request is about to be sent.
#[derive(Clone)]
pub(super) struct Watch(Option<Arc<Claim>>);

impl BeforeSending for Watch {
    async fn about_to_send(&self) -> Result<(), NotSent> {
        match &self.0 {
            Some(claim) => claim.sent().await.map_err(|_| NotSent::Unrecorded),
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
    let found = exchange.gateway.ledger.find(request, exchange.send_by(), lease).await;
    exchange.record.idempotency(match &found {
        Ok(found) => key_result(found),
        Err(Unavailable::TooLate) => return Err(ApiError::from(&centagate::Error::NotSent(NotSent::DeadlineSpent))),
        Err(Unavailable::ShareOfCaller) => KeyResult::CallerShare,
        Err(_) => KeyResult::Unavailable,
    });
    match found.map_err(|_| Problem::IdempotencyUnavailable)? {
        Found::Nothing(claim) => Ok(ControlFlow::Continue(claim)),
        Found::Reply { reply, has_secrets } => {
            if has_secrets {
                exchange.gateway.audit.replay(&exchange.action).await.map_err(|_| Problem::AuditUnavailable)?;
            }
            replay(reply.expose_secret()).map(ControlFlow::Break)
        }
        Found::SecretsExpired => Err(Problem::PasscodeNoLongerAvailable.into()),
        Found::Running => Err(Problem::IdempotencyInProgress.into()),
        Found::Unknown => Err(Problem::OutcomeUnknown.into()),
        Found::OtherRequest => Err(Problem::IdempotencyMismatch.into()),
    }
}

/// What is known of a key, for logs and metrics.
fn key_result(found: &Found) -> KeyResult {
    match found {
        Found::Nothing(_) => KeyResult::New,
        Found::Reply { .. } => KeyResult::Replayed,
        Found::SecretsExpired => KeyResult::PasscodeExpired,
        Found::Running => KeyResult::InProgress,
        Found::Unknown => KeyResult::OutcomeUnknown,
        Found::OtherRequest => KeyResult::Mismatch,
    }
}
