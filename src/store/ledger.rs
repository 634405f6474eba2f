use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use secrecy::{ExposeSecret, SecretString};
use tracing::{error, info};

use super::memory::Memory;
use super::record::{Record, State};
use super::redis::Redis;
use super::{Claim, Name, Part, RedisOptions, SealKeys, Store, Swapped, Unavailable};
use crate::metrics::Metrics;
use crate::settings::{IdempotencySettings, SettingsFault, StoreSettings};

/// Remembers what became of each request that carried an `Idempotency-Key`.
///
/// A record goes from claimed to sent to its end: a reply, unknown, or nothing at all where the key is free again. A claim is
/// held for a lease and then lapses by itself; one that is sent and whose lease is over is unknown, because nobody can tell
/// any more. Each write replaces exactly what its writer wrote before, so only the owner of a record can change it.
#[derive(Debug)]
pub(crate) struct Ledger {
    backing: ArcSwap<Backing>,
    pub(super) ttl: Duration,
    away: AtomicBool,
    full: AtomicBool,
    pub(super) metrics: Arc<Metrics>,
}

/// Where records are kept and what opens them; they change together.
#[derive(Debug)]
pub(crate) struct Backing {
    pub(super) store: Arc<Store>,
    pub(super) keys: SealKeys,
    /// How Redis is reached, if that is the store.
    redis: Option<RedisOptions>,
}

/// A request as its key's record knows it.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) caller: &'a str,
    pub(crate) operation: &'static str,
    pub(crate) key: &'a str,
    /// What the path names, decoded.
    pub(crate) target: &'a str,
    pub(crate) body: &'a [u8],
}

/// What is known of a request.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing: it may be carried out, and this is its record.
    Nothing(Claim),
    /// It came to its end with this reply.
    Reply {
        reply: SecretString,
        /// Whether the reply holds secrets, which are still valid.
        has_secrets: bool,
    },
    /// Its reply held secrets that are no longer valid.
    SecretsExpired,
    /// It is still being carried out.
    Running,
    /// Nobody knows whether it was carried out.
    Unknown,
    /// The key was used for another request.
    OtherRequest,
}

impl Ledger {
    /// A ledger where the settings say. Asks Redis first, if it answers, whether it keeps what it is given.
    ///
    /// # Errors
    /// If Redis cannot be used at all.
    pub(crate) fn open(settings: &IdempotencySettings, metrics: Arc<Metrics>) -> Result<Self, SettingsFault> {
        let backing = match &settings.store {
            StoreSettings::Memory { max_keys } => Backing {
                store: Arc::new(Store::Memory(Memory::new(*max_keys))),
                keys: SealKeys::of_this_process()
                    .ok_or_else(|| SettingsFault::of("idempotency.store", "the system gives no random bytes"))?,
                redis: None,
            },
            StoreSettings::Redis { options, seal_keys } => {
                let redis = Redis::new(options)?;
                redis.check()?;
                let store = Arc::new(Store::Redis(Box::new(redis)));
                Backing { store, keys: seal_keys.clone(), redis: Some(options.clone()) }
            }
        };
        Ok(Self {
            backing: ArcSwap::from_pointee(backing),
            ttl: settings.ttl,
            away: AtomicBool::default(),
            full: AtomicBool::default(),
            metrics,
        })
    }

    /// The same store with other secrets: seal keys, or user and password of Redis. Nothing if they are those in use; which
    /// store it is changes only with a restart.
    ///
    /// # Errors
    /// If Redis cannot be used with them, or they are for another Redis.
    pub(crate) fn with_secrets(&self, settings: &IdempotencySettings) -> Result<Option<Backing>, SettingsFault> {
        let current = self.backing.load();
        let (Some(in_use), StoreSettings::Redis { options, seal_keys }) = (&current.redis, &settings.store) else {
            return Ok(None);
        };
        let same_url = in_use.url.expose_secret() == options.url.expose_secret();
        if same_url && current.keys == *seal_keys {
            return Ok(None);
        }
        let store = if same_url {
            Arc::clone(&current.store)
        } else if in_use.leads_where(options) {
            Arc::new(Store::Redis(Box::new(Redis::new(options)?)))
        } else {
            let fault = "is for another Redis, which does not know what was done; that takes a restart";
            return Err(SettingsFault::of_key("redis.url", fault));
        };
        Ok(Some(Backing { store, keys: seal_keys.clone(), redis: Some(options.clone()) }))
    }

    /// Takes `backing` into use; requests under way keep theirs.
    pub(crate) fn replace(&self, backing: Backing) {
        self.backing.store(Arc::new(backing));
    }

    /// Looks `request` up, and claims its record for `lease` if there is none.
    ///
    /// # Errors
    /// If the store cannot be used; the request must then not be carried out.
    pub(crate) async fn find(self: &Arc<Self>, request: &Request<'_>, lease: Duration) -> Result<Found, Unavailable> {
        let backing = self.backing.load_full();
        let names =
            backing.keys.names([request.caller.as_bytes(), request.operation.as_bytes(), request.key.as_bytes()]);
        let prints = [request.operation.as_bytes(), request.target.as_bytes(), request.body];
        let claim = Claim::new(Arc::clone(self), Arc::clone(&backing), &names, backing.keys.fingerprint(prints), lease);
        let found = match claim.take().await {
            Ok(Swapped::Done) => {
                self.full.store(false, Ordering::Relaxed);
                return Ok(Found::Nothing(claim));
            }
            Ok(Swapped::Differs(found)) => found,
            Err(fault) => {
                if fault == Unavailable::Full && !self.full.swap(true, Ordering::Relaxed) {
                    error!("idempotency.max_keys records are live; requests with a new Idempotency-Key are refused");
                }
                return Err(fault);
            }
        };
        let mut present = names.iter().zip(&found).filter_map(|(name, entry)| Some((*name, entry.as_ref()?)));
        let Some((name, entry, opened)) =
            present.find_map(|(name, entry)| Some((name, entry, backing.keys.open(name, &entry.value)?)))
        else {
            return Ok(Found::Unknown); // it cannot be read, but it is there
        };
        let Some(record) = Record::read(&opened.plain) else { return Ok(Found::Unknown) };
        if record.fingerprint != opened.fingerprint(prints) {
            return Ok(Found::OtherRequest);
        }
        Ok(match record.state {
            State::Sent { lease_ms } if record.age(entry) >= Duration::from_millis(lease_ms) => Found::Unknown,
            State::Claimed | State::Sent { .. } => Found::Running,
            State::Unknown => Found::Unknown,
            State::Replied(reply) => Found::Reply { reply: reply.into(), has_secrets: false },
            State::RepliedWithSecrets => self.secrets(&backing, name).await?,
        })
    }

    /// The reply of the record called `name`, while its secrets are valid.
    async fn secrets(&self, backing: &Backing, name: Name) -> Result<Found, Unavailable> {
        let name = Name { part: Part::Secrets, ..name };
        let Some(entry) = self.told(backing.store.read(name).await)? else { return Ok(Found::SecretsExpired) };
        let reply = backing.keys.open(name, &entry.value).and_then(|opened| String::from_utf8(opened.plain).ok());
        Ok(reply.map_or(Found::Unknown, |reply| Found::Reply { reply: reply.into(), has_secrets: true }))
    }

    /// Tells operators when the store goes away and when it is back.
    pub(super) fn told<T>(&self, result: Result<T, Unavailable>) -> Result<T, Unavailable> {
        match &result {
            Err(Unavailable::Away(cause)) => {
                self.metrics.store_unavailable(true);
                if !self.away.swap(true, Ordering::Relaxed) {
                    error!(cause, "the idempotency store cannot be used; requests with an Idempotency-Key are refused");
                }
            }
            Ok(_) if self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed) => {
                self.metrics.store_unavailable(false);
                info!("the idempotency store can be used again");
            }
            Ok(_) | Err(Unavailable::Full | Unavailable::Lost) => {}
        }
        result
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
