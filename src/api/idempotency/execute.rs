//! Executes a request at most once per `Idempotency-Key`, and replays its reply to retries.

use std::ops::ControlFlow;
use std::time::Duration;

use actix_web::web::Bytes;
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::key::IdempotencyKey;
use super::stored_reply::{rebuild, settlement};
use crate::api::execution::{Executed, Execution};
use crate::api::input::Canonical;
use crate::api::problems::{ApiError, Problem};
use crate::centagate::{self, BeforeSending, MaySend, NotSent};
use crate::metrics::KeyResult;
use crate::store::{Claim, KeyStatus, Request, Unavailable};

/// How long a claim outlives the deadline of its request.
const LEASE_BEYOND_DEADLINE: Duration = Duration::from_secs(5);

/// A request that has an `Idempotency-Key`.
pub(in crate::api) struct IdempotentRequest {
    pub(in crate::api) key: IdempotencyKey,
    /// The request as parsed.
    pub(in crate::api) canonical: Canonical,
    /// The request as it was sent.
    pub(in crate::api) body: Bytes,
}

/// Records that a request is about to be sent.
impl BeforeSending for Claim {
    fn about_to_send(&self) -> MaySend<'_> {
        Box::pin(async { self.mark_sent().await.map_err(|_| NotSent::Unrecorded) })
    }
}

/// Executes the request. If it is `idempotent`, claims the key first and stores the outcome afterwards. A retry gets
/// the reply of the first request, or the reason why there is none.
pub(in crate::api) async fn execute(
    execution: &Execution,
    idempotent: Option<IdempotentRequest>,
) -> Result<Executed, ApiError> {
    let Some(idempotent) = idempotent else {
        return execution.call(None).await.map(|reply| Executed { reply, is_replay: false });
    };
    let claim = match claim(execution, &idempotent).await? {
        ControlFlow::Continue(claim) => claim,
        ControlFlow::Break(replayed) => return Ok(replayed),
    };
    drop(idempotent);
    let result = execution.call(Some(&claim)).await;
    claim.settle(&settlement(&result)).await;
    result.map(|reply| Executed { reply, is_replay: false })
}

/// Claims the key, or returns the reply to the request that used it before.
async fn claim(
    execution: &Execution,
    IdempotentRequest { key, canonical, body }: &IdempotentRequest,
) -> Result<ControlFlow<Executed, Claim>, ApiError> {
    let operation = execution.operation;
    let lease = execution.deadline.saturating_duration_since(Instant::now()) + LEASE_BEYOND_DEADLINE;
    let path: Vec<&str> = canonical.path.iter().map(String::as_str).collect();
    let request = Request {
        caller: &execution.action.caller,
        operation: operation.spec.stored_as.unwrap_or_default(),
        key: key.as_str(),
        path: &path,
        content: &canonical.members,
        body,
    };
    let status = execution.gateway.ledger.claim(&request, execution.send_by(), lease).await;
    execution.record.idempotency(match &status {
        Ok(status) => key_result(status),
        Err(Unavailable::DeadlinePassed) => {
            let too_late = centagate::Error::NotSent(NotSent::DeadlineSpent);
            return Err(ApiError::of_call(operation, &too_late));
        }
        Err(Unavailable::CallerShareUsed) => KeyResult::CallerShare,
        Err(_) => KeyResult::Unavailable,
    });
    match status.map_err(|_| Problem::IdempotencyUnavailable)? {
        KeyStatus::New(claim) => Ok(ControlFlow::Continue(claim)),
        KeyStatus::Replied { reply, has_secrets } => {
            if has_secrets {
                let written = execution.gateway.audit.replay(&execution.action).await;
                written.map_err(|_| Problem::AuditUnavailable)?;
            }
            let reply = rebuild(operation, reply.expose_secret())?;
            Ok(ControlFlow::Break(Executed { reply, is_replay: true }))
        }
        KeyStatus::SecretsExpired => Err(Problem::PasscodeNoLongerAvailable.into()),
        KeyStatus::InProgress => Err(Problem::IdempotencyInProgress.into()),
        KeyStatus::OutcomeUnknown => {
            Err(ApiError::from(Problem::OutcomeUnknown).with_settlement(operation.spec.settle))
        }
        KeyStatus::Mismatch => Err(Problem::IdempotencyMismatch.into()),
    }
}

/// The state of a key, for logs and metrics.
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
