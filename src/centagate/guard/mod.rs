//! Protects CENTAGATE and the callers: a bulkhead bounds concurrent calls, a circuit breaker stops calls that would fail.

mod breaker;
mod bulkhead;

pub(super) use breaker::Breaker;
pub use breaker::BreakerState;
pub(super) use bulkhead::Bulkhead;
pub use bulkhead::{CallPermit, Load};
