//! The callers' side: routes, credentials, input, idempotency, problems and the contract.
//!
//! `boundary` wraps every request, `routes` finds its operation, and `pipeline` takes it through all checks and to CENTAGATE.
//! An `ApiError` anywhere on the way becomes a problem document in `boundary`.

mod authentication;
mod boundary;
mod completion;
pub(crate) mod configuration;
mod docs;
mod execution;
mod gateway;
mod idempotency;
pub(crate) mod input;
mod large_reply;
mod lifecycle;
mod management;
pub(crate) mod openapi;
mod page_headers;
#[cfg(test)]
mod panic_tests;
mod pipeline;
mod problems;
mod rate_limit;
mod readiness;
mod record;
mod routes;

pub(crate) use boundary::boundary;
pub use configuration::RateLimitSettings;
pub(crate) use docs::Contract;
pub(crate) use gateway::{Gateway, Limits};
pub(crate) use lifecycle::Lifecycle;
pub(crate) use management::{configure as configure_management, one_request_per_connection};
pub(crate) use problems::ApiError;
pub(crate) use rate_limit::RateLimits;
pub(crate) use routes::configure;

/// Marks the replay of an earlier reply with the same `Idempotency-Key`.
const IDEMPOTENT_REPLAYED: (&str, &str) = ("Idempotent-Replayed", "true");
