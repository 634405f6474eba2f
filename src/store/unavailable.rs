//! The reasons why the store cannot serve a request.

use thiserror::Error;

/// Why the store cannot serve a request. The request must not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unavailable {
    /// The memory is full.
    #[error("the memory for idempotency keys is full")]
    Full,
    /// The caller has used its share of the memory.
    #[error("the caller has used its share of the memory for idempotency keys")]
    CallerShareUsed,
    /// The last check of the store failed.
    #[error("the last check of the idempotency store failed")]
    CheckFailed,
    /// The backend did not reply, or replied with an error. Contains the cause.
    #[error("{0}")]
    Unreachable(String),
    /// The deadline of the request passed. That says nothing about the store.
    #[error("the deadline of the request has passed")]
    DeadlinePassed,
    /// The lease ended, and another request may own the record now.
    #[error("the claim on the idempotency key was lost")]
    ClaimLost,
}
