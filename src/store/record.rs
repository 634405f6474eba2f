//! The record of a request with an `Idempotency-Key`.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::Entry;
use super::request::Request;
use super::seal::Opened;

/// The version that is written.
const VERSION: u8 = 2;

/// The content of a record, before it is sealed. Its vocabulary is fixed, because records outlive the process.
///
/// Version 1 called the fingerprint `fingerprint`. A replica that knows only version 1 cannot read version 2, and so reports
/// an unknown outcome instead of a different request.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(default = "Record::first_version")]
    version: u8,
    #[serde(with = "hex::serde", rename = "request", alias = "fingerprint")]
    fingerprint: [u8; 32],
    /// The lifetime of the record after it was written.
    lifetime_ms: u64,
    pub(super) state: State,
}

/// The progress of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It will be executed.
    Claimed,
    /// It may have reached CENTAGATE. It ends within the lease.
    Sent { lease_ms: u64 },
    /// Its outcome is unknown.
    Unknown,
    /// It ended with this reply.
    Replied(String),
    /// Its reply is in a separate entry, which expires with the secrets in it.
    RepliedWithSecrets,
}

impl Record {
    /// A new record with this `lifetime`, as text.
    pub(super) fn write(fingerprint: [u8; 32], lifetime: Duration, state: State) -> Vec<u8> {
        let record = Self { version: VERSION, fingerprint, lifetime_ms: milliseconds(lifetime), state };
        serde_json::to_vec(&record).expect("texts and numbers serialize")
    }

    /// Reads a record. `None` if it is damaged or has a later version.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().filter(|record: &Self| record.version <= VERSION)
    }

    /// Whether the record belongs to `request`, according to whoever sealed it.
    pub(super) fn is_of(&self, request: &Request<'_>, opened: &Opened<'_>) -> bool {
        let fingerprint = match self.version {
            1 => opened.fingerprint(request.first_version_parts()),
            _ => opened.fingerprint(request.parts(&request.encoded_path())),
        };
        self.fingerprint == fingerprint
    }

    fn first_version() -> u8 {
        1
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

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Record, State};
    use crate::store::{Entry, Name, Part, Request, SealKeys};

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

    #[test]
    fn a_record_of_version_1_is_recognised_by_the_body_as_it_was_sent() {
        let keys = SealKeys::of_this_process().expect("random bytes");
        let caller = "caller".into();
        let sent = Request {
            caller: &caller,
            operation: "register_user",
            key: "key",
            path: &["bob"],
            content: b"parsed",
            body: b"{ \"a\": 1 }",
        };
        let fingerprint = hex::encode(keys.fingerprint([b"register_user", b"bob", b"{ \"a\": 1 }"]));
        let text = format!(r#"{{"fingerprint":"{fingerprint}","lifetime_ms":1000,"state":{{"replied":"reply"}}}}"#);
        let name = Name { digest: [1; 32], part: Part::Record };
        let sealed = keys.seal(name, text.as_bytes(), LIFETIME);
        let opened = keys.open(name, &sealed).expect("it opens");
        let record = Record::read(&opened.plain).expect("a record of version 1");
        assert!(matches!(&record.state, State::Replied(reply) if reply == "reply"));
        assert!(record.is_of(&sent, &opened));
        for other in [
            Request { body: b"{}", ..sent },
            Request { path: &["carol"], ..sent },
            Request { operation: "register_one_time_pin", ..sent },
        ] {
            assert!(!record.is_of(&other, &opened), "{other:?}");
        }
        assert!(record.is_of(&Request { content: b"else", ..sent }, &opened), "version 1 does not cover it");
    }

    #[test]
    fn a_record_of_a_later_version_is_not_read() {
        let text = |version| {
            let fingerprint = "00".repeat(32);
            format!(r#"{{"version":{version},"request":"{fingerprint}","lifetime_ms":1,"state":"unknown"}}"#)
        };
        assert!(Record::read(text(2).as_bytes()).is_some());
        assert!(Record::read(text(3).as_bytes()).is_none());
    }
}
