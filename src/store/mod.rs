//! What replicas of the gateway share: what became of requests that carry an `Idempotency-Key`.
//!
//! `Ledger` knows what a key means. Below it a `Store` keeps sealed bytes under names that tell nothing, in memory or in
//! Redis, and knows one verb: replace these entries if they still are what I saw, or none of them.

mod canary;
mod claim;
pub(crate) mod configuration;
mod eviction;
mod ledger;
mod memory;
mod record;
mod redis;
mod request;
mod seal;
mod unfinished;
#[cfg(test)]
mod upgrade_tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error as ThisError;

pub(crate) use claim::{Claim, Settlement};
pub use configuration::{IdempotencySettings, StoreSettings};
pub(crate) use ledger::{Found, Ledger};
pub use redis::RedisOptions;
pub(crate) use request::Request;
pub use seal::SealKeys;

/// The name of an entry: a keyed digest and which part of a record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Name {
    digest: [u8; 32],
    part: Part,
}

/// The parts of a record; each is forgotten in its own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    /// What became of the request.
    Record,
    /// The reply, where it holds secrets.
    Secrets,
    /// The one entry that belongs to no request: whether the store can be relied on is told by it.
    Canary,
}

impl Name {
    /// The same whatever the seal keys are, so that replicas with different keys meet there.
    const CANARY: Self = Self { digest: [0; 32], part: Part::Canary };

    /// The name in Redis, and what seals are bound to.
    fn text(self) -> String {
        let part = match self.part {
            Part::Record => "record",
            Part::Secrets => "secrets",
            Part::Canary => return "centagate-gateway:canary".to_owned(),
        };
        format!("centagate-gateway:{{{}}}:{part}", hex::encode(self.digest))
    }
}

/// What is kept under a name.
#[derive(Debug)]
struct Entry {
    value: Bytes,
    /// How long it will still be kept. Nothing: until it is deleted, which no gateway asks for.
    remaining: Option<Duration>,
}

/// A change of an entry: made if it is one of those `expected` (nothing: absent), or already `next`.
#[derive(Clone, Debug)]
struct Change {
    name: Name,
    expected: [Option<Bytes>; 2],
    /// The new value and how long it is kept; nothing: the entry goes.
    next: Option<(Bytes, Duration)>,
}

/// What became of changes that are made together or not at all.
#[derive(Debug)]
enum Swapped {
    Done,
    /// Nothing was changed: this is what there is, in the order of the changes.
    Differs(Vec<Option<Entry>>),
}

/// Why the store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub(crate) enum Unavailable {
    /// As many live records, or bytes, as there may be.
    #[error("as many keys are remembered as there may be")]
    Full,
    /// As many live records, or bytes, as one caller may have.
    #[error("as many keys of this caller are remembered as one caller may have")]
    ShareOfCaller,
    /// The last check found that the store cannot be relied on.
    #[error("the store cannot be relied on")]
    Unreliable,
    /// No answer, or an error.
    #[error("{0}")]
    Away(String),
    /// The request's own time is over; that says nothing about the store.
    #[error("the request's time was over")]
    TooLate,
    /// The record is no longer this request's.
    #[error("the record has changed hands")]
    Lost,
}

/// Where entries are kept. What talks to Redis is boxed: it is large, and most requests never need it.
#[derive(Debug)]
enum Store {
    Memory(memory::Memory),
    Redis(Box<redis::Redis>),
}

impl Store {
    /// Makes all `changes`, or none. New records count for the caller called `owner`.
    async fn swap(&self, owner: &Arc<str>, changes: &[Change]) -> Result<Swapped, Unavailable> {
        match self {
            Self::Memory(memory) => memory.swap(owner, changes),
            Self::Redis(redis) => Box::pin(redis.swap(changes)).await,
        }
    }

    async fn read(&self, name: Name) -> Result<Option<Entry>, Unavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.read(name)),
            Self::Redis(redis) => Box::pin(redis.read(name)).await,
        }
    }
}
