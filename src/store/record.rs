use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Entry;

/// What a key's entry holds, before it is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(with = "hex::serde")]
    pub(super) fingerprint: [u8; 32],
    /// How long the record is kept from its writing on.
    lifetime_ms: u64,
    pub(super) state: State,
}

/// How far a request has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It will be carried out.
    Claimed,
    /// It may have arrived; its end is due within the lease.
    Sent {
        lease_ms: u64,
    },
    /// Nobody knows whether it was carried out.
    Unknown,
    Replied(String),
    /// The reply stands in an entry of its own, for as long as its secrets are valid.
    RepliedWithSecrets,
}

impl Record {
    /// A record to be kept for `lifetime`, as text.
    pub(super) fn write(fingerprint: [u8; 32], lifetime: Duration, state: State) -> Vec<u8> {
        let record = Self { fingerprint, lifetime_ms: milliseconds(lifetime), state };
        serde_json::to_vec(&record).expect("texts and numbers serialize")
    }

    /// The record that `text` is, if it is one.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// How long ago the record was written, by the clock of the store that has kept it as `entry`: those of two replicas
    /// may differ.
    pub(super) fn age(&self, entry: &Entry) -> Duration {
        Duration::from_millis(self.lifetime_ms).saturating_sub(entry.remaining)
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
