//! Idempotent retries: stores the outcome of each request with an `Idempotency-Key`, for all replicas.
//!
//! A `Ledger` gives each key one `Claim`, to the first request that uses it:
//!
//! 1. **Claimed**: the request owns the key until its lease ends. Retries learn that it is in progress.
//! 2. **Sent**: written immediately before the first byte goes to CENTAGATE. If the lease now ends, the outcome is unknown.
//! 3. **Settled**: the key holds a reply for retries, or the outcome is unknown, or the key is free again.
//!
//! Records are sealed before they reach a backend, which is the memory of this process or Redis. A backend has one atomic
//! operation: compare and swap. A writer replaces exactly the bytes that it wrote before, so only the owner of a claim can
//! change its record.

mod backend;
mod canary;
mod claim;
pub(crate) mod configuration;
mod entry;
mod health;
mod key_status;
mod ledger;
mod memory;
mod pending_writes;
mod record;
mod redis;
mod request;
mod seal;
mod sealed_store;
mod unavailable;

pub(crate) use self::claim::{Claim, Settlement};
pub use self::configuration::{IdempotencySettings, StoreSettings};
pub(crate) use self::health::CheckResult;
pub(crate) use self::key_status::KeyStatus;
pub(crate) use self::ledger::Ledger;
pub use self::redis::RedisOptions;
pub(crate) use self::request::Request;
pub use self::seal::SealKeys;
pub(crate) use self::unavailable::Unavailable;
