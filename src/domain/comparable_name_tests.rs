//! Tests of the lenient comparison of names.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{ComparableName, keys, primary_weights};
use crate::test_input::cases;

fn match_each_other(one: &str, other: &str) -> bool {
    let (one, other) = (ComparableName::new(one), ComparableName::new(other));
    assert_eq!(one.matches(&other), other.matches(&one));
    one.matches(&other)
}

#[test]
fn spellings_that_a_collation_equates_match() {
    for (one, other) in [
        ("admin", "ADMIN"),
        ("admin", "ádmin"),
        ("admin", "ａｄｍｉｎ"), // full width
        ("admin", "𝐚𝐝𝐦𝐢𝐧"),      // mathematical letters
        ("admin", "ⓐⓓⓜⓘⓝ"),
        ("admin", "admın"),
        ("admin", "ADMİN"),
        ("ADMIN", "admın"),
        ("admin", "ad\u{301}min"),
        ("admin", "a\u{20dd}dmin"), // enclosing circle
        ("admin", "ad\u{36b}in"),   // combining small letter m
        ("admin", " admin\u{a0}"),
        ("admin", "admin\u{3000} "),
        ("admin", "ad\u{200b}min\u{fe0f}"),
        ("admin", "ad\u{ad}m\u{34f}in\u{feff}"),
        ("admin", "admin\u{3164}"), // Hangul filler
        ("admin", "admin\u{115f}\u{1160}\u{ffa0}"),
        ("admin", "ad\u{600}min"),  // a format character that is not ignored by default
        ("admin", "admin\u{e000}"), // private use
        ("admin", "admin\u{378}"),  // unassigned
        ("admin", "admin\u{fffd}"),
        ("admin", "admin😀"),
        ("admin", "ad\u{e0061}min"), // tag character
        ("dmitri", "đmitri"),
        ("dmitri", "ðmitri"),
        ("kelvin", "\u{212a}elvin"),
        ("åse", "\u{212b}se"),
        ("sys", "ſyſ"),
        ("straße", "STRASSE"),
        ("straße", "strase"), // general_ci
        ("straẞe", "straße"),
        ("fi", "ﬁ"),
        ("lodz", "Łódź"),
        ("soren", "Søren"),
        ("aegir", "Ægir"),
        ("oeuvre", "œuvre"),
        ("thor", "Þór"),
        ("hal", "ħal"),
        ("ijs", "ĳs"),
        ("o'brien", "o’brien"),
        ("σοφος", "ΣΟΦΟΣ"),
        ("σοφος", "σοφοσ"),
        ("ᾳ", "αι"), // general_ci: U+0345 is an iota
        ("ᾳ", "α"),
        ("かな", "カナ"),
        ("かな", "ｶﾅ"),
        ("かな", "がな"),
        ("や", "ゃ"),
        ("כן", "כנ"),
        ("админ", "АДМЍН"),
        ("𠮷野", "𠮶野"), // general_ci has one weight for everything above U+FFFF
    ] {
        assert!(match_each_other(one, other), "{one} and {other}");
    }
}

#[test]
fn different_names_do_not_match() {
    for (one, other) in [
        ("admin", "admin2"),
        ("admin", "ad min"),
        ("admin", "ad-min"),
        ("admin", "admim"),
        ("boss", "bos"),
        ("admin", "аdmin"), // a Cyrillic а
        ("admin", "αdmin"), // a Greek alpha
        ("o", "0"),
        ("か", "き"),
        ("野", "里"),
        ("", "a"),
    ] {
        assert!(!match_each_other(one, other), "{one} and {other}");
    }
}

/// Everything that UCA equates with one or two ASCII letters must match: folding must not lose an equality.
#[test]
fn every_character_with_the_weights_of_ascii_letters_matches_them() {
    let letters = || ('!'..='~').filter(|letter| !letter.is_ascii_uppercase());
    let pairs = ('a'..='z').flat_map(|one| ('a'..='z').map(move |other| format!("{one}{other}")));
    let texts: std::collections::HashMap<_, _> =
        letters().map(String::from).chain(pairs).map(|text| (primary_weights(&text), text)).collect();
    let mut equated = 0;
    for letter in '\u{a0}'..='\u{ffff}' {
        let Some(text) = texts.get(&primary_weights(&letter.to_string())) else { continue };
        equated += 1;
        assert!(match_each_other(&format!("x{letter}y"), &format!("x{text}y")), "{letter} and {text}");
    }
    assert!(equated > 1000, "{equated}");
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_fast_path_for_ascii_gives_the_same_result(one in "[ -~]{0,6}", other in "[ -~]{0,6}") {
        let by_keys = keys(&one) == keys(&other);
        prop_assert_eq!(match_each_other(&one, &other), by_keys);
        prop_assert_eq!(by_keys, one.trim().eq_ignore_ascii_case(other.trim()), "ASCII names differ only in case");
    }

    #[test]
    fn every_name_matches_its_normal_forms(name in "\\PC{1,12}") {
        let (nfkc, nfkd) = (ComposingNormalizerBorrowed::new_nfkc(), DecomposingNormalizerBorrowed::new_nfkd());
        for form in [nfkc.normalize(&name).into_owned(), nfkd.normalize(&name).into_owned(), format!("{name}  ")] {
            prop_assert!(match_each_other(&name, &form), "{:?}", form);
        }
    }

    #[test]
    fn ignored_characters_do_not_matter(
        name in "[a-zA-Z0-9._@-]{1,12}",
        at in any::<Index>(),
        ignored in select(vec!['\u{301}', '\u{327}', '\u{338}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{fe0f}', '\u{1f600}', '\u{e000}']),
    ) {
        let mut other = name.to_uppercase();
        other.insert(at.index(name.len()) + 1, ignored);
        prop_assert!(match_each_other(&name, &other), "{:?}", other);
    }
}
