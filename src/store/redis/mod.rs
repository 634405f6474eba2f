//! The Redis backend: entries that all replicas share.

mod connection;
mod entries;
mod eviction;
mod options;

pub(super) use self::entries::Redis;
pub use self::options::RedisOptions;
