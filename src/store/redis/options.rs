//! The options of the Redis backend.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// How to reach Redis.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://` or `rediss://`, with user and password if Redis requires them.
    pub url: SecretString,
    /// The timeout of one attempt, including the time to connect. An attempt that fails on a connection that was used before
    /// is repeated once on a new one.
    pub timeout: Duration,
    /// The CAs to trust for `rediss://` instead of the system's, as PEM.
    pub ca_certificate: Option<Vec<u8>>,
}

impl RedisOptions {
    /// Returns whether both URLs name the same database. User and password may differ.
    pub(in crate::store) fn has_same_database(&self, other: &Self) -> bool {
        let database = |options: &Self| {
            let url = Url::parse(options.url.expose_secret()).ok()?;
            let number = url.path().trim_start_matches('/').parse().unwrap_or(0_u32);
            Some((url.scheme().to_owned(), url.host_str()?.to_owned(), url.port().unwrap_or(6379), number))
        };
        database(self) == database(other)
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
