//! The backends that can hold entries: memory and Redis.

use std::sync::Arc;

use super::entry::{Change, Entry, Name, Swap};
use super::memory::Memory;
use super::redis::Redis;
use super::unavailable::Unavailable;

/// Holds entries. `Redis` and its futures are boxed: they are large, and most requests do not need them.
#[derive(Debug)]
pub(super) enum Backend {
    Memory(Memory),
    Redis(Box<Redis>),
}

impl Backend {
    /// Makes all changes, or none of them. In memory, new records count toward the share of the caller named `owner`.
    pub(super) async fn compare_and_swap(&self, owner: &Arc<str>, changes: &[Change]) -> Result<Swap, Unavailable> {
        match self {
            Self::Memory(memory) => memory.compare_and_swap(owner, changes),
            Self::Redis(redis) => Box::pin(redis.compare_and_swap(changes)).await,
        }
    }

    /// Reads an entry.
    pub(super) async fn read(&self, name: Name) -> Result<Option<Entry>, Unavailable> {
        match self {
            Self::Memory(memory) => Ok(memory.read(name)),
            Self::Redis(redis) => Box::pin(redis.read(name)).await,
        }
    }
}
