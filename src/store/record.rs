//! The record of an idempotency key, as it is stored.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::entry::Entry;
use super::request::Request;
use super::seal::Opened;
use crate::domain::milliseconds;

/// The version of new records.
///
/// Version 1, which Redis may still hold during an upgrade, has no `version` and a `fingerprint` over operation, target and
/// raw body. Version 2 renames the fingerprint, so that a gateway that knows only version 1 cannot read the record. It then
/// reports an unknown outcome, instead of a mismatch.
const VERSION: u8 = 2;
const VERSION_1: u8 = 1;

/// The state of a request, and the fingerprint that identifies the request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(default = "version_1")]
    version: u8,
    #[serde(rename = "request_fingerprint", alias = "fingerprint", with = "hex::serde")]
    fingerprint: [u8; 32],
    /// The lifetime of the record when it was written.
    lifetime_ms: u64,
    pub(super) state: State,
}

/// The state of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// Not sent yet.
    Claimed,
    /// CENTAGATE may have received it. Its outcome is due before the lease ends.
    Sent { lease_ms: u64 },
    /// Its outcome is unknown.
    Unknown,
    /// It has this reply, which contains no secrets.
    Replied(String),
    /// It has a reply with secrets. The reply is a separate entry, which expires with the secrets.
    RepliedWithSecrets,
}

impl Record {
    /// Creates a record with the given lifetime, as JSON.
    pub(super) fn to_json(fingerprint: [u8; 32], lifetime: Duration, state: State) -> Vec<u8> {
        let record = Self { version: VERSION, fingerprint, lifetime_ms: milliseconds(lifetime), state };
        serde_json::to_vec(&record).expect("texts and numbers serialize")
    }

    /// Parses a record of version 1 or 2.
    pub(super) fn parse(json: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(json).ok()?;
        (VERSION_1..=VERSION).contains(&record.version).then_some(record)
    }

    /// Returns whether this record, read from `opened`, belongs to `request`.
    pub(super) fn matches(&self, request: &Request<'_>, opened: &Opened<'_>) -> bool {
        let expected = match self.version {
            VERSION_1 => opened.fingerprint(&request.version_1_fingerprint_input()),
            _ => opened.fingerprint(&request.fingerprint_input()),
        };
        self.fingerprint == expected
    }

    /// Returns whether the state has ended at `now` without a successor. The outcome of the request is then unknown.
    ///
    /// Leases are short, and the clocks of two replicas may differ. The backend's clock therefore measures them, unless
    /// someone has removed the entry's expiry. All other states end with the expiry in the seal, even if the backend keeps the
    /// entry longer.
    pub(super) fn is_overdue(&self, entry: &Entry, opened: &Opened<'_>, now: SystemTime) -> bool {
        let lifetime = Duration::from_millis(self.lifetime_ms);
        let age = lifetime.saturating_sub(entry.remaining.unwrap_or_else(|| opened.remaining(now)));
        match self.state {
            State::Claimed => entry.remaining.is_none() && age >= lifetime,
            State::Sent { lease_ms } => age >= Duration::from_millis(lease_ms),
            State::Unknown | State::Replied(_) | State::RepliedWithSecrets => opened.remaining(now).is_zero(),
        }
    }
}

fn version_1() -> u8 {
    VERSION_1
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Record, State};
    use crate::store::entry::{Entry, Name, Part};
    use crate::store::seal::SealKeys;

    const LIFETIME: Duration = Duration::from_secs(1000);

    /// Returns whether a record in `state` is overdue `after` seconds, in a backend that keeps it for `remaining` more seconds.
    fn is_overdue(state: State, after: u64, remaining: Option<u64>) -> bool {
        let keys = SealKeys::random().expect("random bytes");
        let name = Name { digest: [1; 32], part: Part::Record };
        let sealed = keys.seal(name, &Record::to_json([0; 32], LIFETIME, state), LIFETIME);
        let opened = keys.open(name, &sealed).expect("it opens");
        let entry = Entry { value: sealed.into(), remaining: remaining.map(Duration::from_secs) };
        let record = Record::parse(&opened.plain).expect("a record");
        record.is_overdue(&entry, &opened, SystemTime::now() + Duration::from_secs(after))
    }

    #[test]
    fn replies_end_with_the_expiry_in_the_seal_even_if_the_backend_keeps_them_longer() {
        for remaining in [None, Some(1), Some(5000)] {
            for state in [|| State::Replied("reply".into()), || State::RepliedWithSecrets, || State::Unknown] {
                assert!(!is_overdue(state(), 998, remaining), "{remaining:?}");
                assert!(is_overdue(state(), 1001, remaining), "{remaining:?}");
            }
        }
    }

    #[test]
    fn the_backends_clock_measures_leases() {
        let sent = || State::Sent { lease_ms: 15_000 };
        for skew in [0, 900] {
            assert!(!is_overdue(sent(), skew, Some(990)));
            assert!(is_overdue(sent(), skew, Some(985)));
            assert!(!is_overdue(State::Claimed, skew, Some(0)), "the backend deletes it");
        }
    }

    #[test]
    fn leases_end_even_if_the_backend_has_lost_the_expiry() {
        let sent = || State::Sent { lease_ms: 15_000 };
        assert!(!is_overdue(sent(), 14, None) && is_overdue(sent(), 16, None));
        assert!(!is_overdue(State::Claimed, 998, None) && is_overdue(State::Claimed, 1001, None));
    }
}
