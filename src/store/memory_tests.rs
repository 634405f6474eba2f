use std::time::Duration;

use bytes::Bytes;
use tokio::time::advance;

use super::Memory;
use crate::store::{Change, Name, Part, Swapped, Unavailable};

const LONG: Duration = Duration::from_secs(60);

fn name(number: u8) -> Name {
    Name { digest: [number; 32], part: Part::Record }
}

fn change(number: u8, expected: Option<&'static str>, next: Option<(&'static str, Duration)>) -> Change {
    Change {
        name: name(number),
        expected: [expected.map(Bytes::from), expected.map(Bytes::from)],
        next: next.map(|(value, lifetime)| (Bytes::from(value), lifetime)),
    }
}

fn value(memory: &Memory, number: u8) -> Option<Bytes> {
    memory.read(name(number)).map(|entry| entry.value)
}

#[tokio::test(start_paused = true)]
async fn changes_are_made_together_or_not_at_all() {
    let memory = Memory::new(10);
    let both = [change(1, None, Some(("a", LONG))), change(2, None, Some(("b", LONG)))];
    assert!(matches!(memory.swap(&both), Ok(Swapped::Done)));
    assert!(matches!(memory.swap(&both), Ok(Swapped::Done)), "what is as it should be is no difference");
    let stale = [change(1, Some("a"), Some(("c", LONG))), change(2, Some("x"), Some(("d", LONG)))];
    let Ok(Swapped::Differs(found)) = memory.swap(&stale) else { panic!("they differ") };
    let found: Vec<_> = found.into_iter().map(|entry| entry.unwrap().value).collect();
    assert_eq!(found, ["a", "b"]);
    assert_eq!((value(&memory, 1).unwrap(), value(&memory, 2).unwrap()), ("a".into(), "b".into()));
}

#[tokio::test(start_paused = true)]
async fn entries_are_forgotten_in_their_own_time_and_none_before_it() {
    let memory = Memory::new(2);
    for (number, seconds) in [(1, 10), (2, 20)] {
        memory.swap(&[change(number, None, Some(("a", Duration::from_secs(seconds))))]).unwrap();
    }
    let third = [change(3, None, Some(("a", LONG)))];
    assert_eq!(memory.swap(&third).unwrap_err(), Unavailable::Full);
    advance(Duration::from_secs(9)).await;
    assert_eq!(memory.swap(&third).unwrap_err(), Unavailable::Full);
    assert_eq!(memory.read(name(1)).unwrap().remaining, Duration::from_secs(1));
    advance(Duration::from_secs(1)).await;
    assert!(matches!(memory.swap(&third), Ok(Swapped::Done)));
    assert_eq!((value(&memory, 1), value(&memory, 2)), (None, Some("a".into())));
    // Written anew, an entry lives as long as it says now.
    memory.swap(&[change(2, Some("a"), Some(("b", LONG)))]).unwrap();
    advance(Duration::from_secs(59)).await;
    assert_eq!(value(&memory, 2), Some("b".into()));
    assert_eq!(memory.swap(&[change(4, None, Some(("a", LONG)))]).unwrap_err(), Unavailable::Full);
    memory.swap(&[change(2, Some("b"), None)]).unwrap();
    assert!(matches!(memory.swap(&[change(4, None, Some(("a", LONG)))]), Ok(Swapped::Done)));
}
