//! Tests of the memory backend.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::advance;

use super::{BYTES_PER_KEY, MIN_MAX_BYTES, Memory, max_bytes};
use crate::domain::CallerShare;
use crate::store::entry::{Change, Name, Part, Swap};
use crate::store::record::{Record, State};
use crate::store::seal::SealKeys;
use crate::store::unavailable::Unavailable;

const LONG: Duration = Duration::from_secs(60);

fn name(number: u8) -> Name {
    Name { digest: [number; 32], part: Part::Record }
}

fn change(number: u8, expected: Option<&'static str>, new: Option<(&'static str, Duration)>) -> Change {
    Change {
        name: name(number),
        expected: [expected.map(Bytes::from), expected.map(Bytes::from)],
        new: new.map(|(value, lifetime)| (Bytes::from(value), lifetime)),
    }
}

/// Changes entries of the caller `owner`.
fn swap_of(memory: &Memory, owner: &str, changes: &[Change]) -> Result<Swap, Unavailable> {
    memory.compare_and_swap(&Arc::from(owner), changes)
}

/// Changes entries, each one for a different caller.
fn swap(memory: &Memory, changes: &[Change]) -> Result<Swap, Unavailable> {
    swap_of(memory, &format!("{:?}", changes[0].name), changes)
}

fn value(memory: &Memory, number: u8) -> Option<Bytes> {
    memory.read(name(number)).map(|entry| entry.value)
}

#[tokio::test(start_paused = true)]
async fn either_all_changes_apply_or_none() {
    let memory = Memory::new(10, MIN_MAX_BYTES, CallerShare::default());
    let both = [change(1, None, Some(("a", LONG))), change(2, None, Some(("b", LONG)))];
    assert!(matches!(swap(&memory, &both), Ok(Swap::Applied)));
    assert!(matches!(swap(&memory, &both), Ok(Swap::Applied)), "repeating a change is no conflict");
    let stale = [change(1, Some("a"), Some(("c", LONG))), change(2, Some("x"), Some(("d", LONG)))];
    let Ok(Swap::Conflict(found)) = swap(&memory, &stale) else { panic!("no conflict") };
    let found: Vec<_> = found.into_iter().map(|entry| entry.unwrap().value).collect();
    assert_eq!(found, ["a", "b"]);
    assert_eq!((value(&memory, 1).unwrap(), value(&memory, 2).unwrap()), ("a".into(), "b".into()));
}

#[tokio::test(start_paused = true)]
async fn entries_expire_and_are_never_evicted_before() {
    let memory = Memory::new(2, MIN_MAX_BYTES, CallerShare::default());
    for (number, seconds) in [(1, 10), (2, 20)] {
        swap(&memory, &[change(number, None, Some(("a", Duration::from_secs(seconds))))]).unwrap();
    }
    let third = [change(3, None, Some(("a", LONG)))];
    assert_eq!(swap(&memory, &third).unwrap_err(), Unavailable::Full);
    advance(Duration::from_secs(9)).await;
    assert_eq!(swap(&memory, &third).unwrap_err(), Unavailable::Full);
    assert_eq!(memory.read(name(1)).unwrap().remaining, Some(Duration::from_secs(1)));
    advance(Duration::from_secs(1)).await;
    assert!(matches!(swap(&memory, &third), Ok(Swap::Applied)));
    assert_eq!((value(&memory, 1), value(&memory, 2)), (None, Some("a".into())));
    // A new value has its own lifetime.
    swap(&memory, &[change(2, Some("a"), Some(("b", LONG)))]).unwrap();
    advance(Duration::from_secs(59)).await;
    assert_eq!(value(&memory, 2), Some("b".into()));
    assert_eq!(swap(&memory, &[change(4, None, Some(("a", LONG)))]).unwrap_err(), Unavailable::Full);
    swap(&memory, &[change(2, Some("b"), None)]).unwrap();
    assert!(matches!(swap(&memory, &[change(4, None, Some(("a", LONG)))]), Ok(Swap::Applied)));
}

/// A change that creates a record.
fn create(number: u8, value: &'static str) -> [Change; 1] {
    [change(number, None, Some((value, LONG)))]
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_use_three_quarters_of_the_records() {
    let memory = Memory::new(8, MIN_MAX_BYTES, CallerShare::default());
    for number in 0..6 {
        assert!(matches!(swap_of(&memory, "greedy", &create(number, "a")), Ok(Swap::Applied)));
    }
    assert_eq!(swap_of(&memory, "greedy", &create(6, "a")).unwrap_err(), Unavailable::CallerShareUsed);
    assert!(matches!(swap_of(&memory, "other", &create(6, "a")), Ok(Swap::Applied)));
    let settled = [change(0, Some("a"), Some(("b", LONG)))];
    assert!(matches!(swap_of(&memory, "greedy", &settled), Ok(Swap::Applied)), "not a new record");
    swap_of(&memory, "greedy", &[change(1, Some("a"), None)]).unwrap();
    assert!(matches!(swap_of(&memory, "greedy", &create(7, "a")), Ok(Swap::Applied)), "a record was deleted");
    assert_eq!(swap_of(&memory, "other", &create(8, "a")).map(drop), Ok(()), "8 in all");
    assert_eq!(swap_of(&memory, "third", &create(9, "a")).unwrap_err(), Unavailable::Full);
}

#[tokio::test(start_paused = true)]
async fn a_caller_can_use_three_quarters_of_the_bytes_and_outcomes_are_always_written() {
    let memory = Memory::new(100, 40, CallerShare::default());
    swap_of(&memory, "greedy", &create(1, "0123456789")).unwrap();
    swap_of(&memory, "greedy", &create(2, "0123456789")).unwrap();
    let outcome = [change(1, Some("0123456789"), Some(("0123456789 and 26 bytes more", LONG)))];
    assert!(matches!(swap_of(&memory, "greedy", &outcome), Ok(Swap::Applied)));
    assert_eq!(swap_of(&memory, "greedy", &create(3, "a")).unwrap_err(), Unavailable::CallerShareUsed);
    assert!(matches!(swap_of(&memory, "other", &create(3, "ab")), Ok(Swap::Applied)));
    assert_eq!(swap_of(&memory, "third", &create(4, "a")).unwrap_err(), Unavailable::Full);
}

#[tokio::test(start_paused = true)]
async fn a_caller_without_entries_uses_no_memory() {
    let memory = Memory::new(10, MIN_MAX_BYTES, CallerShare::default());
    swap_of(&memory, "a", &create(1, "a")).unwrap();
    swap_of(&memory, "b", &[change(2, None, Some(("b", Duration::from_secs(1))))]).unwrap();
    swap_of(&memory, "a", &[change(1, Some("a"), None)]).unwrap();
    advance(Duration::from_secs(1)).await;
    assert!(memory.read(name(2)).is_none());
    let entries = memory.entries.lock().unwrap();
    assert_eq!((entries.by_owner.len(), entries.total), (0, super::Usage::default()));
}

#[test]
fn one_hundred_thousand_ordinary_keys_fit_into_the_byte_limit() {
    let keys = SealKeys::random().expect("random bytes");
    let body = r#"{"username":"alice.archer","centagateId":"10045","role":"user","group":"Staff","app":"portal","uniqueId":"alice.archer","clientId":"alice.archer"}"#;
    let reply = serde_json::json!({ "created": { "location": "/users/alice.archer", "body": body } }).to_string();
    let record = Record::to_json([0; 32], Duration::from_secs(86400), State::Replied(reply));
    let sealed = keys.seal(name(1), &record, LONG).len();
    assert!(sealed < BYTES_PER_KEY, "{sealed}");
    assert!(
        max_bytes(100_000) <= MIN_MAX_BYTES
            && max_bytes(1) == MIN_MAX_BYTES
            && max_bytes(1_000_000) >= 1_000_000 * sealed
    );
}
