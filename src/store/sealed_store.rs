//! A backend together with the keys that seal its entries.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::backend::Backend;
use super::configuration::{IdempotencySettings, StoreSettings};
use super::entry::{Change, Entry, Name, Swap};
use super::health::Health;
use super::memory::{Memory, max_bytes};
use super::redis::{Redis, RedisOptions};
use super::seal::SealKeys;
use super::unavailable::Unavailable;
use crate::configuration::SettingsFault;
use crate::domain::CallerShare;

/// A backend and its seal keys. A reload replaces both at once.
#[derive(Clone, Debug)]
pub(crate) struct SealedStore {
    pub(super) backend: Arc<Backend>,
    pub(super) keys: SealKeys,
    /// The lifetime of records.
    pub(super) ttl: Duration,
    pub(super) health: Arc<Health>,
    /// Set if the backend is Redis.
    pub(super) redis: Option<RedisOptions>,
}

impl SealedStore {
    /// Opens the store that the settings choose. A Redis that does not reply is no error.
    ///
    /// # Errors
    /// Invalid options, or a Redis that may evict live records.
    pub(super) fn open(
        settings: &IdempotencySettings,
        health: Arc<Health>,
        share: CallerShare,
    ) -> Result<Self, SettingsFault> {
        let (backend, keys, redis) = match &settings.store {
            StoreSettings::Memory { max_keys } => {
                let keys = SealKeys::random()
                    .ok_or_else(|| SettingsFault::of("idempotency.store", "the system provides no random bytes"))?;
                (Backend::Memory(Memory::new(*max_keys, max_bytes(*max_keys), share)), keys, None)
            }
            StoreSettings::Redis { options, seal_keys } => {
                let redis = Redis::new(options)?;
                redis.refuse_eviction()?;
                (Backend::Redis(Box::new(redis)), seal_keys.clone(), Some(options.clone()))
            }
        };
        Ok(Self { backend: Arc::new(backend), keys, ttl: settings.ttl, health, redis })
    }

    /// Returns the same store with new secrets: seal keys, or the user and password of Redis. Returns `None` if the secrets
    /// are the current ones.
    ///
    /// # Errors
    /// Invalid options, or the URL of a different Redis: only a restart can change the store.
    pub(super) fn with_new_secrets(&self, settings: &IdempotencySettings) -> Result<Option<Self>, SettingsFault> {
        let (Some(current), StoreSettings::Redis { options, seal_keys }) = (&self.redis, &settings.store) else {
            return Ok(None);
        };
        let is_same_url = current.url.expose_secret() == options.url.expose_secret();
        if is_same_url && self.keys == *seal_keys {
            return Ok(None);
        }
        let backend = if is_same_url {
            Arc::clone(&self.backend)
        } else if current.has_same_database(options) {
            Arc::new(Backend::Redis(Box::new(Redis::new(options)?)))
        } else {
            let fault =
                "is the URL of a different Redis, which has no records of earlier requests; restart to change it";
            return Err(SettingsFault::of_key("redis.url", fault));
        };
        Ok(Some(Self { backend, keys: seal_keys.clone(), redis: Some(options.clone()), ..self.clone() }))
    }

    /// Makes all changes, or none of them. In memory, new records count toward the share of the caller named `owner`.
    pub(super) async fn compare_and_swap(&self, owner: &Arc<str>, changes: &[Change]) -> Result<Swap, Unavailable> {
        self.health.observe(self.backend.compare_and_swap(owner, changes).await)
    }

    /// Reads an entry.
    pub(super) async fn read(&self, name: Name) -> Result<Option<Entry>, Unavailable> {
        self.health.observe(self.backend.read(name).await)
    }
}
