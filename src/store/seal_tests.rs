//! Tests of seals, names and fingerprints.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use super::{HEADER_LEN, SealKeys};
use crate::store::entry::{Name, Part};

const LONG: Duration = Duration::from_secs(60);

fn name(number: u8) -> Name {
    Name { digest: [number; 32], part: Part::Record }
}

fn keys(text: &str) -> SealKeys {
    SealKeys::parse(text).expect("keys")
}

fn key(digit: &str) -> String {
    digit.repeat(64)
}

#[test]
fn the_first_key_seals_and_all_keys_open() {
    let (old, new) = (key("a"), key("b"));
    let (before, after) = (keys(&old), keys(&format!("{new},{old}")));
    let sealed = before.seal(name(1), b"text", LONG);
    assert_eq!(after.open(name(1), &sealed).unwrap().plain, b"text");
    let sealed = after.seal(name(1), b"text", LONG);
    assert!(before.open(name(1), &sealed).is_none(), "the new key is unknown");
    assert_eq!(keys(&new).open(name(1), &sealed).unwrap().plain, b"text");
    assert_eq!(after.names(&[b"caller", b"operation", b"key"]).len(), 2);
    assert!(
        after.names(&[b"caller", b"operation", b"key"]).contains(&before.names(&[b"caller", b"operation", b"key"])[0])
    );
}

#[test]
fn a_seal_is_bound_to_the_name_and_the_part() {
    let keys = keys(&key("1"));
    let sealed = keys.seal(name(1), b"text", LONG);
    assert!(keys.open(name(2), &sealed).is_none());
    assert!(keys.open(Name { part: Part::Secrets, ..name(1) }, &sealed).is_none());
    assert_ne!(sealed, keys.seal(name(1), b"text", LONG), "each seal is unique");
}

#[test]
fn the_parts_of_a_name_do_not_run_into_each_other() {
    let keys = keys(&key("1"));
    assert_ne!(keys.names(&[b"ab", b"c", b""]), keys.names(&[b"a", b"bc", b""]));
    assert_ne!(keys.names(&[b"a", b"b", b""]), keys.names(&[b"a", b"", b"b"]));
}

#[test]
fn keys_must_be_complete_and_different_and_are_never_shown() {
    let (one, other) = (key("a"), key("b"));
    assert_eq!(format!("{:?}", keys(&format!("{one}, {other}"))), "SealKeys(2 keys)");
    for text in ["", ",", "aa", &one[1..], &format!("{one}0"), &format!("{one},{one}"), &format!("{one};{other}"), "zz"]
    {
        assert!(SealKeys::parse(text).is_none(), "{text}");
    }
}

#[test]
fn an_entry_contains_its_expiry_and_format_1_does_not_open() {
    let keys = keys(&key("1"));
    let sealed = keys.seal(name(1), b"text", LONG);
    let opened = keys.open(name(1), &sealed).expect("opens");
    let now = SystemTime::now();
    assert!(!opened.has_expired() && opened.remaining(now) <= LONG && !opened.remaining(now + LONG / 2).is_zero());
    assert!(opened.remaining(now + LONG).is_zero());
    assert!(keys.open(name(1), &keys.seal(name(1), b"text", Duration::ZERO)).expect("opens").has_expired());
    let format_1 = [&[1], &sealed[1..]].concat();
    assert!(keys.open(name(1), &format_1).is_none());
}

proptest! {
    #[test]
    fn a_changed_or_shortened_entry_does_not_open(at in 0_usize..(HEADER_LEN + 28), bit in 0_u8..8, cut in 0_usize..(HEADER_LEN + 28)) {
        let keys = keys(&key("1"));
        let sealed = keys.seal(name(1), b"text", LONG);
        let mut changed = sealed.clone();
        changed[at] ^= 1 << bit;
        prop_assert!(keys.open(name(1), &changed).is_none());
        prop_assert!(keys.open(name(1), &sealed[..cut]).is_none());
    }
}
