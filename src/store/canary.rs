//! Checks from time to time whether the store can be relied on, by an entry that all replicas share.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{error, info, warn};

use super::ledger::Backing;
use super::{Change, Ledger, Name, Store, Swapped, Unavailable};

/// How long the canary lives at least: several checks long. It lives as long as records do where that is longer, so that
/// seal keys which cannot open it cannot open live records either.
const LEAST_LIFETIME: Duration = Duration::from_secs(600);

/// What the last check of the store found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing yet: the store has not answered, or it has just come back or been replaced.
    #[default]
    Due,
    /// The store can be relied on.
    Passed,
    /// The canary was sealed with a key that this replica does not know.
    OtherSealKeys,
    /// The store may evict live records.
    MayEvict,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Due => "not checked: the store has not answered",
            Self::Passed => "passed",
            Self::OtherSealKeys => {
                "failed: store.seal_keys cannot open what another replica has sealed; give all replicas the same keys"
            }
            Self::MayEvict => "failed: maxmemory-policy is not noeviction, so live records may be evicted",
        })
    }
}

/// What is known of the canary.
#[derive(Debug, Default)]
pub(super) struct Canary {
    verdicts: Mutex<Verdicts>,
    has_passed: AtomicBool,
    /// Whether this process has seen the canary: if it is absent later, the store has lost it.
    seen: AtomicBool,
}

#[derive(Debug, Default)]
struct Verdicts {
    current: Verdict,
    /// What the last check found, also where that no longer counts.
    last: Verdict,
}

impl Canary {
    /// For a store that has to be checked, or for one that is part of this process.
    pub(super) fn new(to_be_checked: bool) -> Self {
        let canary = Self::default();
        canary.note(if to_be_checked { Verdict::Due } else { Verdict::Passed });
        canary
    }

    pub(super) fn verdict(&self) -> Verdict {
        if self.has_passed.load(Ordering::Relaxed) {
            return Verdict::Passed;
        }
        self.verdicts().current
    }

    fn verdicts(&self) -> MutexGuard<'_, Verdicts> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the verdict of a check, and answers the one of the check before.
    fn note(&self, verdict: Verdict) -> Verdict {
        let mut verdicts = self.verdicts();
        verdicts.current = verdict;
        self.has_passed.store(verdict == Verdict::Passed, Ordering::Relaxed);
        std::mem::replace(&mut verdicts.last, verdict)
    }

    /// From now on nothing is known of the store.
    pub(super) fn expire(&self) {
        let mut verdicts = self.verdicts();
        verdicts.current = Verdict::Due;
        self.has_passed.store(false, Ordering::Relaxed);
    }
}

impl Ledger {
    /// What the last check of the store found.
    pub(crate) fn verdict(&self) -> Verdict {
        self.canary.verdict()
    }

    /// Whether the store can be relied on, as far as is known; checks it where nothing is known.
    pub(super) async fn rely_on_store(&self) -> Result<(), Unavailable> {
        // A check that was overtaken by other seal keys says nothing.
        while self.canary.verdict() == Verdict::Due {
            self.check().await?;
        }
        if self.canary.verdict() == Verdict::Passed { Ok(()) } else { Err(Unavailable::Unreliable) }
    }

    /// Checks the store.
    pub(super) async fn check(&self) -> Result<(), Unavailable> {
        let backing = self.backing.load_full();
        let verdict = self.observe(self.examine(&backing).await)?;
        if !Arc::ptr_eq(&backing, &self.backing.load_full()) {
            return Ok(()); // replaced meanwhile; the next check says more
        }
        let before = self.canary.note(verdict);
        let failed = verdict != Verdict::Passed;
        self.metrics.store.set_check_failed(failed);
        if failed && verdict != before {
            error!("the check of the idempotency store {verdict}; requests with an Idempotency-Key are refused");
        } else if !failed && matches!(before, Verdict::OtherSealKeys | Verdict::MayEvict) {
            info!("the check of the idempotency store passed");
        }
        Ok(())
    }

    /// Looks at the canary and seals it anew.
    async fn examine(&self, backing: &Backing) -> Result<Verdict, Unavailable> {
        let Store::Redis(store) = &*backing.store else { return Ok(Verdict::Passed) };
        let keys = &backing.keys;
        if store.may_evict().await? {
            return Ok(Verdict::MayEvict);
        }
        // Before it is read: another check of this process may write the first one meanwhile.
        let seen = self.canary.seen.load(Ordering::Relaxed);
        let previous = match store.read(Name::CANARY).await? {
            Some(entry) => {
                let Some(opened) = keys.open(Name::CANARY, &entry.value) else { return Ok(Verdict::OtherSealKeys) };
                if entry.remaining.is_none() || opened.has_expired() {
                    self.metrics.store.count_canary_expiry_changed();
                    warn!(
                        "the idempotency store keeps entries longer than it was told; something changes their expiry"
                    );
                }
                Some(entry.value)
            }
            None if seen => {
                self.metrics.store.count_canary_lost();
                warn!("the idempotency store has lost an entry; keys may have been forgotten with it");
                None
            }
            None => None,
        };
        let lifetime = self.ttl.max(LEAST_LIFETIME);
        let next = Some((keys.seal(Name::CANARY, b"canary", lifetime).into(), lifetime));
        let change = Change { name: Name::CANARY, expected: [previous.clone(), previous], next };
        let swapped = store.swap(&[change]).await?;
        self.canary.seen.store(true, Ordering::Relaxed);
        Ok(match swapped {
            Swapped::Done => Verdict::Passed,
            // Another replica was faster.
            Swapped::Differs(found) => {
                let opens = |value| keys.open(Name::CANARY, value).is_some();
                let opens = found.iter().flatten().all(|entry| opens(&entry.value));
                if opens { Verdict::Passed } else { Verdict::OtherSealKeys }
            }
        })
    }
}
