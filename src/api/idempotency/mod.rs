//! Idempotent retries: requests with an `Idempotency-Key` are executed once.

mod execute;
mod key;
#[cfg(test)]
mod key_tests;
mod stored_reply;

pub(super) use execute::{IdempotentRequest, execute};
pub(super) use key::IdempotencyKey;
