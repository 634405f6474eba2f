//! A claim on an idempotency key: the right of one request to be executed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};

use super::entry::{Change, Name, Part, Swap};
use super::pending_writes::PendingWrites;
use super::record::{Record, State};
use super::request::Request;
use super::sealed_store::SealedStore;
use super::unavailable::Unavailable;
use crate::domain::milliseconds;
use crate::metrics::Metrics;

/// The pauses between attempts to store a settlement.
const RETRY_PAUSES: [Duration; 3] = [Duration::from_millis(20), Duration::from_millis(80), Duration::from_millis(300)];

/// The maximum time that a reply waits until its settlement is stored.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);

/// What a retry with the same key gets.
#[derive(Debug)]
pub(crate) enum Settlement {
    /// The request was not executed. The key is free again.
    Release,
    /// The outcome of the request is unknown.
    Unknown,
    /// This reply.
    Reply {
        reply: SecretString,
        /// How long its secrets are valid. `None`: it contains no secrets.
        valid_for: Option<Duration>,
    },
}

/// A claim on an idempotency key. One request owns the key's record until the claim's lease ends.
#[derive(Debug)]
pub(crate) struct Claim {
    store: Arc<SealedStore>,
    pending: Arc<PendingWrites>,
    metrics: Arc<Metrics>,
    caller: Arc<str>,
    fingerprint: [u8; 32],
    lease_end: Instant,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// The record's entries, one for each seal key.
    entries: Vec<OwnedEntry>,
    is_sent: bool,
}

/// What this claim has written to an entry. Every sealed value is unique, so equal bytes prove ownership.
#[derive(Debug)]
struct OwnedEntry {
    name: Name,
    /// The value that was written for certain.
    written: Option<Bytes>,
    /// The value of a write that got no reply. It may have been written.
    attempted: Option<Bytes>,
}

impl Claim {
    /// Prepares a claim on the record called `names`. Nothing is written yet.
    pub(super) fn new(
        store: Arc<SealedStore>,
        pending: Arc<PendingWrites>,
        metrics: Arc<Metrics>,
        request: &Request<'_>,
        names: &[Name],
        lease: Duration,
    ) -> Self {
        let entries = names.iter().map(|&name| OwnedEntry { name, written: None, attempted: None }).collect();
        Self {
            fingerprint: store.keys.fingerprint(&request.fingerprint_input()),
            store,
            pending,
            metrics,
            caller: Arc::clone(request.caller),
            lease_end: Instant::now() + lease,
            progress: Mutex::new(Progress { entries, is_sent: false }),
        }
    }

    /// Writes the record if there is none. It expires with the lease.
    pub(super) async fn acquire(&self) -> Result<Swap, Unavailable> {
        let lease = self.remaining_lease();
        self.write(&self.changes(Some((State::Claimed, lease)), None)).await
    }

    /// Withdraws a claim whose write got no reply.
    pub(super) fn withdraw(&self) {
        if self.progress().entries.iter().any(|entry| entry.attempted.is_some()) {
            self.pending.add(&self.caller, self.changes(None, None));
        }
    }

    /// Records that the request is sent from now on. Further calls do nothing.
    ///
    /// # Errors
    /// The store is unavailable, or the claim was lost. The request must not be sent.
    pub(crate) async fn mark_sent(&self) -> Result<(), Unavailable> {
        if self.progress().is_sent {
            return Ok(());
        }
        let sent = State::Sent { lease_ms: milliseconds(self.remaining_lease()) };
        match self.write(&self.changes(Some((sent, self.store.ttl)), None)).await? {
            Swap::Applied => {
                self.progress().is_sent = true;
                Ok(())
            }
            Swap::Conflict(_) => Err(Unavailable::ClaimLost),
        }
    }

    /// Stores what a retry gets. Tries for up to a second, then leaves the write to the background task. If that fails too,
    /// the lease ends and the key becomes free, or unknown if the request was sent.
    pub(crate) async fn settle(&self, settlement: &Settlement) {
        let ttl = self.store.ttl;
        let (state, secrets) = match settlement {
            Settlement::Release => (None, None),
            Settlement::Unknown => (Some(State::Unknown), None),
            Settlement::Reply { reply, valid_for: None } => {
                (Some(State::Replied(reply.expose_secret().to_owned())), None)
            }
            Settlement::Reply { reply, valid_for: Some(valid_for) } => {
                (Some(State::RepliedWithSecrets), Some((reply.expose_secret().as_bytes(), (*valid_for).min(ttl))))
            }
        };
        // Each attempt writes the same bytes, so an attempt whose reply was lost is recognised.
        let changes = self.changes(state.map(|state| (state, ttl)), secrets);
        let result = timeout(SETTLE_TIMEOUT, async {
            for pause in RETRY_PAUSES {
                match self.write(&changes).await {
                    Err(Unavailable::Unreachable(_)) => sleep(pause).await,
                    result => return result,
                }
            }
            self.write(&changes).await
        });
        let result = result.await;
        if matches!(result, Ok(Ok(Swap::Applied))) {
            return;
        }
        self.metrics.idempotency.count_not_recorded();
        self.store.health.outcome_not_recorded();
        if matches!(result, Err(_) | Ok(Err(Unavailable::Unreachable(_)))) {
            self.pending.add(&self.caller, changes);
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remaining_lease(&self) -> Duration {
        self.lease_end.saturating_duration_since(Instant::now())
    }

    /// Returns the changes that replace the record with `state`, or delete it, and add an entry with `secrets`.
    fn changes(&self, state: Option<(State, Duration)>, secrets: Option<(&[u8], Duration)>) -> Vec<Change> {
        let record = state.map(|(state, lifetime)| (Record::to_json(self.fingerprint, lifetime, state), lifetime));
        let seal =
            |name, plain: &[u8], lifetime| Some((Bytes::from(self.store.keys.seal(name, plain, lifetime)), lifetime));
        let mut changes = Vec::new();
        for OwnedEntry { name, written, attempted } in &self.progress().entries {
            let new = record.as_ref().and_then(|(plain, lifetime)| seal(*name, plain, *lifetime));
            let other = attempted.as_ref().or(written.as_ref()).cloned();
            changes.push(Change { name: *name, expected: [written.clone(), other], new });
            if let Some((plain, lifetime)) = secrets
                && !lifetime.is_zero()
            {
                let name = Name { part: Part::Secrets, ..*name };
                changes.push(Change { name, expected: [None, None], new: seal(name, plain, lifetime) });
            }
        }
        changes
    }

    async fn write(&self, changes: &[Change]) -> Result<Swap, Unavailable> {
        let records = || changes.iter().filter(|change| change.name.part == Part::Record);
        for (entry, change) in self.progress().entries.iter_mut().zip(records()) {
            entry.attempted = change.new_value().cloned();
        }
        let swap = self.store.compare_and_swap(&self.caller, changes).await?;
        if matches!(swap, Swap::Applied) {
            for (entry, change) in self.progress().entries.iter_mut().zip(records()) {
                (entry.written, entry.attempted) = (change.new_value().cloned(), None);
            }
        }
        Ok(swap)
    }
}
