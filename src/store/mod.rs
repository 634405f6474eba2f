//! What replicas of the gateway share: what became of requests that carry an `Idempotency-Key`.
//!
//! `Ledger` knows what a key means. Below it a `Store` keeps sealed bytes under names that tell nothing, in memory or in
//! Redis, and knows one verb: replace these entries if they still are what I saw, or none of them.

mod claim;
mod ledger;
mod memory;
mod record;
mod redis;
mod seal;

use std::time::Duration;

use bytes::Bytes;
use thiserror::Error as ThisError;

pub(crate) use claim::{Claim, Settlement};
pub(crate) use ledger::{Found, Ledger, Request};
pub use redis::RedisOptions;
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
}

impl Name {
    /// The name in Redis, and what seals are bound to.
    fn text(self) -> String {
        let part = match self.part {
            Part::Record => "record",
            Part::Secrets => "secrets",
        };
        format!("centagate-gateway:{{{}}}:{part}", hex::encode(self.digest))
    }
}

/// What is kept under a name.
#[derive(Debug)]
struct Entry {
    value: Bytes,
    /// How long it will still be kept.
    remaining: Duration,
}

/// A change of an entry: made if it is one of those `expected` (nothing: absent), or already `next`.
#[derive(Debug)]
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
    /// As many live records as there may be.
    #[error("idempotency.max_keys records are live")]
    Full,
    /// No answer, or an error.
    #[error("{0}")]
    Away(String),
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
    /// Makes all `changes`, or none.
    async fn swap(&self, changes: &[Change]) -> Result<Swapped, Unavailable> {
        match self {
            Self::Memory(memory) => memory.swap(changes),
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
