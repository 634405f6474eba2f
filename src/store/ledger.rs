use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tracing::{error, info};

use super::canary::{Canary, Verdict};
use super::configuration::{IdempotencySettings, StoreSettings};
use super::memory::{Memory, max_bytes};
use super::record::{Record, State};
use super::redis::Redis;
use super::unfinished::Unfinished;
use super::{Claim, Name, Part, RedisOptions, Request, SealKeys, Store, Swapped, Unavailable};
use crate::configuration::SettingsFault;
use crate::domain::CallerShare;
use crate::metrics::Metrics;

/// How often the store is checked.
const CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// How often it is checked while the check fails.
const RECHECK_INTERVAL: Duration = Duration::from_secs(5);

/// How often changes that got no answer are made again.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Remembers what became of each request that carried an `Idempotency-Key`.
///
/// A record goes from claimed to sent to its end: a reply, unknown, or nothing at all where the key is free again. A claim is
/// held for a lease and then lapses by itself; one that is sent and whose lease is over is unknown, because nobody can tell
/// any more. Each write replaces exactly what its writer wrote before, so only the owner of a record can change it.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(super) backing: ArcSwap<Backing>,
    pub(super) ttl: Duration,
    away: AtomicBool,
    full: AtomicBool,
    pub(super) canary: Canary,
    pub(super) unfinished: Unfinished,
    /// Wakes [`Ledger::keep`].
    pub(super) wake: Notify,
    pub(super) metrics: Arc<Metrics>,
}

/// Where records are kept and what opens them; they change together.
#[derive(Debug)]
pub(crate) struct Backing {
    pub(super) store: Arc<Store>,
    pub(super) keys: SealKeys,
    /// How Redis is reached, if that is the store.
    pub(super) redis: Option<RedisOptions>,
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
    pub(crate) fn open(
        settings: &IdempotencySettings,
        metrics: Arc<Metrics>,
        share: CallerShare,
    ) -> Result<Self, SettingsFault> {
        let backing = match &settings.store {
            StoreSettings::Memory { max_keys } => Backing {
                store: Arc::new(Store::Memory(Memory::new(*max_keys, max_bytes(*max_keys), share))),
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
            canary: Canary::new(matches!(settings.store, StoreSettings::Redis { .. })),
            unfinished: Unfinished::default(),
            wake: Notify::default(),
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
        self.canary.expire();
        self.wake.notify_one();
    }

    /// Checks the store every minute, and more often while the check fails; makes the changes that got no answer. For ever.
    pub(crate) async fn keep(self: Arc<Self>) {
        loop {
            let _ = self.check().await; // it tells operators itself
            let has_passed = self.verdict() == Verdict::Passed;
            let next_check = Instant::now() + if has_passed { CHECK_INTERVAL } else { RECHECK_INTERVAL };
            loop {
                self.finish_all().await;
                let retry = Instant::now() + RETRY_INTERVAL;
                let next = if self.unfinished.is_empty() { next_check } else { next_check.min(retry) };
                let is_woken = timeout_at(next, self.wake.notified()).await.is_ok();
                if Instant::now() >= next_check || (is_woken && self.verdict() == Verdict::Due) {
                    break;
                }
            }
        }
    }

    /// Looks `request` up until `send_by`, and claims its record for `lease` if there is none.
    ///
    /// # Errors
    /// If the store cannot be used; the request must then not be carried out.
    pub(crate) async fn find(
        self: &Arc<Self>,
        request: &Request<'_>,
        send_by: Instant,
        lease: Duration,
    ) -> Result<Found, Unavailable> {
        in_time(send_by, self.rely_on_store()).await?;
        let backing = self.backing.load_full();
        let names = backing.keys.names(&request.name_input());
        let (caller, fingerprint) =
            (Arc::clone(request.caller), backing.keys.fingerprint(&request.fingerprint_input()));
        let claim = Claim::new(Arc::clone(self), Arc::clone(&backing), caller, &names, fingerprint, lease);
        let taken = in_time(send_by, async {
            self.finish(names[0]).await?;
            claim.take().await
        });
        let found = match taken.await {
            Ok(Swapped::Done) => {
                self.full.store(false, Ordering::Relaxed);
                return Ok(Found::Nothing(claim));
            }
            Ok(Swapped::Differs(found)) => found,
            Err(fault) => {
                match fault {
                    Unavailable::Away(_) | Unavailable::TooLate => claim.abandon(),
                    Unavailable::Full if !self.full.swap(true, Ordering::Relaxed) => {
                        error!("the memory for keys is full; requests with a new Idempotency-Key are refused");
                    }
                    _ => {}
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
        if !record.is_of(request, &opened) {
            return Ok(Found::OtherRequest);
        }
        if record.is_over(entry, &opened, SystemTime::now()) {
            return Ok(Found::Unknown);
        }
        Ok(match record.state {
            State::Claimed | State::Sent { .. } => Found::Running,
            State::Unknown => Found::Unknown,
            State::Replied(reply) => Found::Reply { reply: reply.into(), has_secrets: false },
            State::RepliedWithSecrets => in_time(send_by, self.secrets(&backing, name)).await?,
        })
    }

    /// The reply of the record called `name`, while its secrets are valid.
    async fn secrets(&self, backing: &Backing, name: Name) -> Result<Found, Unavailable> {
        let name = Name { part: Part::Secrets, ..name };
        let Some(entry) = self.observe(backing.store.read(name).await)? else { return Ok(Found::SecretsExpired) };
        let Some(opened) = backing.keys.open(name, &entry.value) else { return Ok(Found::Unknown) };
        if opened.has_expired() {
            return Ok(Found::SecretsExpired); // the store has kept them for too long
        }
        let reply = String::from_utf8(opened.plain);
        Ok(reply.map_or(Found::Unknown, |reply| Found::Reply { reply: reply.into(), has_secrets: true }))
    }

    /// Tells operators when the store goes away and when it is back.
    pub(super) fn observe<T>(&self, result: Result<T, Unavailable>) -> Result<T, Unavailable> {
        match &result {
            Err(Unavailable::Away(cause)) => {
                self.metrics.store.set_unavailable(true);
                if !self.away.swap(true, Ordering::Relaxed) {
                    error!(cause, "the idempotency store cannot be used; requests with an Idempotency-Key are refused");
                }
            }
            Ok(_) if self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed) => {
                self.metrics.store.set_unavailable(false);
                self.canary.expire(); // it may have come back as another one
                info!("the idempotency store can be used again");
            }
            Ok(_) | Err(_) => {}
        }
        result
    }
}

/// What `work` brings until `send_by`.
async fn in_time<T>(send_by: Instant, work: impl Future<Output = Result<T, Unavailable>>) -> Result<T, Unavailable> {
    timeout_at(send_by, work).await.unwrap_or(Err(Unavailable::TooLate))
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
