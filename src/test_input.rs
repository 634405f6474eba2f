//! Input for tests of what holds for any input.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The number of random inputs, and a time limit for shrinking a failing one.
pub(crate) fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { max_shrink_time: 5000, ..ProptestConfig::with_cases(count) }
}

/// What happens to a text at one place.
#[derive(Clone, Debug)]
enum Edit {
    Remove(usize),
    Put(Vec<u8>),
    Repeat(usize),
    Cut,
}

/// What `text` becomes by up to eight edits at random places; it may be no UTF-8 any more.
pub(crate) fn damaged(text: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    (text, vec((any::<Index>(), edit()), 1..=8)).prop_map(|(text, edits)| {
        edits.into_iter().fold(text.into_bytes(), |mut bytes, (place, edit)| {
            let at = place.index(bytes.len() + 1);
            let end = |length: usize| (at + length).min(bytes.len());
            match edit {
                Edit::Remove(length) => drop(bytes.drain(at..end(length))),
                Edit::Put(more) => drop(bytes.splice(at..at, more)),
                Edit::Repeat(length) => {
                    let part = bytes[at..end(length)].to_vec();
                    bytes.splice(at..at, part);
                }
                Edit::Cut => bytes.truncate(at),
            }
            bytes
        })
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let syntax = select(&b"{}[]\"'\\,:;=.#-+_0 \r\n\t\0"[..]).prop_map(|byte| vec![byte]);
    prop_oneof![
        4 => (1..20_usize).prop_map(Edit::Remove),
        4 => syntax.prop_map(Edit::Put),
        2 => vec(any::<u8>(), 1..4).prop_map(Edit::Put),
        2 => (1..200_usize).prop_map(Edit::Repeat),
        1 => Just(Edit::Cut),
    ]
}
