use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::seal::Opened;
use super::{Entry, Request};

/// The version of new records. Version 1, still in Redis during an upgrade, has no `version` member and a `fingerprint` over
/// operation, target and raw body. The new member name keeps a gateway that knows only version 1 from comparing its own
/// fingerprint with one of version 2: it reports the outcome as unknown, not the request as a different one.
const VERSION: u8 = 2;
const VERSION_1: u8 = 1;

/// What a key's entry holds, before it is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(default = "version_1")]
    version: u8,
    #[serde(rename = "request_fingerprint", alias = "fingerprint", with = "hex::serde")]
    fingerprint: [u8; 32],
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
        let record = Self { version: VERSION, fingerprint, lifetime_ms: milliseconds(lifetime), state };
        serde_json::to_vec(&record).expect("texts and numbers serialize")
    }

    /// Reads a record of version 1 or 2.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(text).ok()?;
        (VERSION_1..=VERSION).contains(&record.version).then_some(record)
    }

    /// Whether the record, read from `opened`, belongs to `request`.
    pub(super) fn is_of(&self, request: &Request<'_>, opened: &Opened<'_>) -> bool {
        let expected = match self.version {
            VERSION_1 => opened.fingerprint(&request.version_1_fingerprint_input()),
            _ => opened.fingerprint(&request.fingerprint_input()),
        };
        self.fingerprint == expected
    }

    /// Whether the record has outlived its state at `now`: what became of its request is then unknown.
    ///
    /// The lease of a request under way is short, and the clocks of two replicas may differ. So the store's clock measures it,
    /// unless somebody has removed the entry's expiry there. Everything else ends when its seal says so, too.
    pub(super) fn is_over(&self, entry: &Entry, opened: &Opened<'_>, now: SystemTime) -> bool {
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

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Record, State};
    use crate::store::{Entry, Name, Part, SealKeys};

    const LIFETIME: Duration = Duration::from_secs(1000);

    /// Whether a record in `state` is over `after` its writing, for a store that will still keep it for `remaining`.
    fn is_over(state: State, after: u64, remaining: Option<u64>) -> bool {
        let keys = SealKeys::of_this_process().expect("random bytes");
        let name = Name { digest: [1; 32], part: Part::Record };
        let sealed = keys.seal(name, &Record::write([0; 32], LIFETIME, state), LIFETIME);
        let opened = keys.open(name, &sealed).expect("it opens");
        let entry = Entry { value: sealed.into(), remaining: remaining.map(Duration::from_secs) };
        let record = Record::read(&opened.plain).expect("a record");
        record.is_over(&entry, &opened, SystemTime::now() + Duration::from_secs(after))
    }

    #[test]
    fn a_reply_is_not_repeated_after_its_time_however_long_the_store_keeps_it() {
        for remaining in [None, Some(1), Some(5000)] {
            for state in [|| State::Replied("reply".into()), || State::RepliedWithSecrets, || State::Unknown] {
                assert!(!is_over(state(), 998, remaining), "{remaining:?}");
                assert!(is_over(state(), 1001, remaining), "{remaining:?}");
            }
        }
    }

    #[test]
    fn a_lease_is_measured_by_the_stores_clock_alone_where_the_store_has_an_expiry() {
        let sent = || State::Sent { lease_ms: 15_000 };
        for skew in [0, 900] {
            assert!(!is_over(sent(), skew, Some(990)));
            assert!(is_over(sent(), skew, Some(985)));
            assert!(!is_over(State::Claimed, skew, Some(0)), "the store forgets it by itself");
        }
    }

    #[test]
    fn a_lease_without_an_expiry_in_the_store_ends_all_the_same() {
        let sent = || State::Sent { lease_ms: 15_000 };
        assert!(!is_over(sent(), 14, None) && is_over(sent(), 16, None));
        assert!(!is_over(State::Claimed, 998, None) && is_over(State::Claimed, 1001, None));
    }
}
