use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};
use tracing::error;

use super::ledger::Backing;
use super::record::{Record, State, milliseconds};
use super::{Change, Ledger, Name, Part, Swapped, Unavailable};

/// The pauses before the end of a request is written again.
const WRITE_PAUSES: [Duration; 3] = [Duration::from_millis(20), Duration::from_millis(80), Duration::from_millis(300)];

/// No reply waits longer for the end of its request to be written.
const WRITE_PATIENCE: Duration = Duration::from_secs(1);

/// How a request ended.
#[derive(Debug)]
pub(crate) enum Settlement {
    /// Nothing was carried out: the key is free again.
    Release,
    /// Nobody knows.
    Unknown,
    /// This reply is for everybody who repeats the request.
    Reply {
        reply: SecretString,
        /// How long it may be repeated, where it holds secrets.
        valid_for: Option<Duration>,
    },
}

/// A record that belongs to one request until its lease is over.
#[derive(Debug)]
pub(crate) struct Claim {
    ledger: Arc<Ledger>,
    backing: Arc<Backing>,
    /// Who sent the request.
    caller: Arc<str>,
    fingerprint: [u8; 32],
    lease_end: Instant,
    written: Mutex<Written>,
}

/// What the owner of a record wrote, under each of its names: whoever finds the same may replace it, and no two writings are
/// the same.
#[derive(Debug)]
struct Written {
    values: Vec<Value>,
    sent: bool,
}

#[derive(Debug)]
struct Value {
    name: Name,
    /// What stands there for certain.
    certain: Option<Bytes>,
    /// What was to stand there after a write that got no answer: it may have been made.
    attempted: Option<Bytes>,
}

impl Claim {
    pub(super) fn new(
        ledger: Arc<Ledger>,
        backing: Arc<Backing>,
        caller: Arc<str>,
        names: &[Name],
        fingerprint: [u8; 32],
        lease: Duration,
    ) -> Self {
        let values = names.iter().map(|&name| Value { name, certain: None, attempted: None }).collect();
        let written = Written { values, sent: false };
        Self { ledger, backing, caller, fingerprint, lease_end: Instant::now() + lease, written: Mutex::new(written) }
    }

    /// Makes the record this request's if there is none. It is forgotten when the lease is over.
    pub(super) async fn take(&self) -> Result<Swapped, Unavailable> {
        let lease = self.lease_left();
        self.swap(&self.changes(Some((State::Claimed, lease)), None)).await
    }

    /// Gives up a claim that may have been made though there was no answer.
    pub(super) fn abandon(&self) {
        if self.written().values.iter().any(|value| value.attempted.is_some()) {
            self.ledger.finish_later(&self.caller, self.changes(None, None));
        }
    }

    /// Puts on record that the request may arrive from now on. Only the first call does anything.
    ///
    /// # Errors
    /// If that cannot be done; the request must then not be sent.
    pub(crate) async fn sent(&self) -> Result<(), Unavailable> {
        if self.written().sent {
            return Ok(());
        }
        let sent = State::Sent { lease_ms: milliseconds(self.lease_left()) };
        match self.swap(&self.changes(Some((sent, self.ledger.ttl)), None)).await? {
            Swapped::Done => {
                self.written().sent = true;
                Ok(())
            }
            Swapped::Differs(_) => Err(Unavailable::Lost),
        }
    }

    /// Puts the end of the request on record, trying again for a moment where that fails. After that a metric counts it, and
    /// the ledger goes on trying without the request. Where even that fails, the record lapses with its lease or becomes
    /// unknown.
    pub(crate) async fn settle(&self, settlement: &Settlement) {
        let ttl = self.ledger.ttl;
        let (next, secrets) = match settlement {
            Settlement::Release => (None, None),
            Settlement::Unknown => (Some(State::Unknown), None),
            Settlement::Reply { reply, valid_for: None } => {
                (Some(State::Replied(reply.expose_secret().to_owned())), None)
            }
            Settlement::Reply { reply, valid_for: Some(valid_for) } => {
                (Some(State::RepliedWithSecrets), Some((reply.expose_secret().as_bytes(), (*valid_for).min(ttl))))
            }
        };
        // The same bytes at each try, so that a try whose answer was lost is recognised.
        let changes = self.changes(next.map(|state| (state, ttl)), secrets);
        let written = timeout(WRITE_PATIENCE, async {
            for pause in WRITE_PAUSES {
                match self.swap(&changes).await {
                    Err(Unavailable::Away(_)) => sleep(pause).await,
                    written => return written,
                }
            }
            self.swap(&changes).await
        });
        let written = written.await;
        if matches!(written, Ok(Ok(Swapped::Done))) {
            return;
        }
        self.ledger.metrics.idempotency.count_not_recorded();
        error!("the end of a request with an Idempotency-Key cannot be recorded");
        if matches!(written, Err(_) | Ok(Err(Unavailable::Away(_)))) {
            self.ledger.finish_later(&self.caller, changes);
        }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease_left(&self) -> Duration {
        self.lease_end.saturating_duration_since(Instant::now())
    }

    /// The changes that replace what was written last by `next`, under every name, and add `secrets`.
    fn changes(&self, next: Option<(State, Duration)>, secrets: Option<(&[u8], Duration)>) -> Vec<Change> {
        let record = next.map(|(state, lifetime)| (Record::write(self.fingerprint, lifetime, state), lifetime));
        let seal =
            |name, plain: &[u8], lifetime| Some((Bytes::from(self.backing.keys.seal(name, plain, lifetime)), lifetime));
        let mut changes = Vec::new();
        for Value { name, certain, attempted } in &self.written().values {
            let next = record.as_ref().and_then(|(plain, lifetime)| seal(*name, plain, *lifetime));
            let other = attempted.as_ref().or(certain.as_ref()).cloned();
            changes.push(Change { name: *name, expected: [certain.clone(), other], next });
            if let Some((plain, lifetime)) = secrets
                && !lifetime.is_zero()
            {
                let name = Name { part: Part::Secrets, ..*name };
                changes.push(Change { name, expected: [None, None], next: seal(name, plain, lifetime) });
            }
        }
        changes
    }

    async fn swap(&self, changes: &[Change]) -> Result<Swapped, Unavailable> {
        let records = || changes.iter().filter(|change| change.name.part == Part::Record);
        let next = |change: &Change| change.next.as_ref().map(|(value, _)| value.clone());
        for (value, change) in self.written().values.iter_mut().zip(records()) {
            value.attempted = next(change);
        }
        let swapped = self.ledger.observe(self.backing.store.swap(&self.caller, changes).await)?;
        if matches!(swapped, Swapped::Done) {
            for (value, change) in self.written().values.iter_mut().zip(records()) {
                (value.certain, value.attempted) = (next(change), None);
            }
        }
        Ok(swapped)
    }
}
