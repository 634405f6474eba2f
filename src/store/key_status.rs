//! What the store knows about an idempotency key.

use std::time::SystemTime;

use secrecy::SecretString;

use super::claim::Claim;
use super::entry::{Entry, Name, Part};
use super::record::{Record, State};
use super::request::Request;
use super::sealed_store::SealedStore;
use super::unavailable::Unavailable;

/// What the store knows about a request's key.
#[derive(Debug)]
pub(crate) enum KeyStatus {
    /// The key is new. The request owns this claim and may be executed.
    New(Claim),
    /// The request was executed. This is its reply.
    Replied {
        reply: SecretString,
        /// Whether the reply contains secrets. They are still valid.
        has_secrets: bool,
    },
    /// The request was executed, but the secrets in its reply have expired.
    SecretsExpired,
    /// The first request with this key is still in progress.
    InProgress,
    /// The outcome of the first request is unknown.
    OutcomeUnknown,
    /// The key was used for a different request.
    Mismatch,
}

impl KeyStatus {
    /// Reads the status of a key that has a record. `entries` are the record's entries, in the order of `names`.
    ///
    /// # Errors
    /// The store could not be read.
    pub(super) async fn read(
        store: &SealedStore,
        request: &Request<'_>,
        names: &[Name],
        entries: &[Option<Entry>],
    ) -> Result<Self, Unavailable> {
        let mut present = names.iter().zip(entries).filter_map(|(name, entry)| Some((*name, entry.as_ref()?)));
        let Some((name, entry, opened)) =
            present.find_map(|(name, entry)| Some((name, entry, store.keys.open(name, &entry.value)?)))
        else {
            return Ok(Self::OutcomeUnknown); // there is a record, but no key opens it
        };
        let Some(record) = Record::parse(&opened.plain) else { return Ok(Self::OutcomeUnknown) };
        if !record.matches(request, &opened) {
            return Ok(Self::Mismatch);
        }
        if record.is_overdue(entry, &opened, SystemTime::now()) {
            return Ok(Self::OutcomeUnknown);
        }
        Ok(match record.state {
            State::Claimed | State::Sent { .. } => Self::InProgress,
            State::Unknown => Self::OutcomeUnknown,
            State::Replied(reply) => Self::Replied { reply: reply.into(), has_secrets: false },
            State::RepliedWithSecrets => Self::read_secrets(store, name).await?,
        })
    }

    /// Reads the reply with secrets that belongs to the record called `name`.
    async fn read_secrets(store: &SealedStore, name: Name) -> Result<Self, Unavailable> {
        let name = Name { part: Part::Secrets, ..name };
        let Some(entry) = store.read(name).await? else { return Ok(Self::SecretsExpired) };
        let Some(opened) = store.keys.open(name, &entry.value) else { return Ok(Self::OutcomeUnknown) };
        if opened.has_expired() {
            return Ok(Self::SecretsExpired); // the backend has kept the entry for too long
        }
        let reply = String::from_utf8(opened.plain);
        Ok(reply.map_or(Self::OutcomeUnknown, |reply| Self::Replied { reply: reply.into(), has_secrets: true }))
    }
}
