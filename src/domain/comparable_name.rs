//! Names, prepared for a comparison that is as lenient as any common database.

use std::borrow::Cow;
use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

/// A name, prepared for a comparison that treats names as equal if a database could.
///
/// CENTAGATE does not publish how its database compares names. Checks that protect an account therefore use the union of
/// the common language-neutral collations: `utf8mb4_general_ci`, `utf8mb4_unicode_ci` and `uca1400_ai_ci` of `MariaDB` and
/// `MySQL`, and the `CI_AI` collations of SQL Server. The comparison ignores:
///
/// - Case, accents and other marks, ligatures, and the width of a letter. It uses NFKD, case folding and the primary weights
///   of the Unicode Collation Algorithm (UCA). The weights also equate letters with and without strokes (`ł` and `l`), `æ`
///   and `ae`, small letters above others, Hiragana and Katakana, final letters (`ς`, `ך`), and curly and straight quotation
///   marks.
/// - Trailing spaces, which `PAD SPACE` collations ignore, and leading spaces, which applications trim.
/// - Invisible, unassigned and private characters, and characters above U+FFFF. Old tables have no weights for them.
/// - The difference between `ı` and `i`, and between `þ` and `th`. They are equal in `general_ci` and SQL Server, but not in
///   UCA.
///
/// Letters of different scripts that look alike are different, as in every collation. Collations of a single language are
/// not covered (`ü` equals `y` in Swedish, `ä` equals `ae` in German phone books).
#[derive(Clone, Debug)]
pub struct ComparableName(Form);

#[derive(Clone, Debug)]
enum Form {
    /// Printable ASCII, as most names are. Trimmed and in lower case.
    Ascii(String),
    /// The sort key for each [`Reading`].
    Keys([Vec<u8>; 2]),
}

/// A way to resolve characters that collations treat differently. Two names match if they are equal in one reading.
#[derive(Clone, Copy)]
enum Reading {
    /// `ß` is `s`, as in `general_ci`, and all marks are ignored.
    OneToOne,
    /// `ß` is `ss`, and a mark that has the weight of a letter in UCA is that letter (U+036B is `m`).
    Expanded,
}

impl ComparableName {
    /// Prepares `name`.
    pub fn new(name: &str) -> Self {
        if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Self(Form::Ascii(name.trim().to_ascii_lowercase()));
        }
        Self(Form::Keys(keys(name)))
    }

    /// Returns whether a database could treat both names as equal. Not transitive: `ß` matches `s` and `ss`, but `s` does not
    /// match `ss`.
    pub fn matches(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Ascii(one), Form::Ascii(other)) => one == other,
            _ => self.keys().iter().zip(other.keys().iter()).any(|(one, other)| one == other),
        }
    }

    /// Returns the sort key in each reading. Two names match if their keys in the same reading are equal.
    pub fn keys(&self) -> Cow<'_, [Vec<u8>; 2]> {
        match &self.0 {
            Form::Ascii(name) => Cow::Owned(keys(name)),
            Form::Keys(keys) => Cow::Borrowed(keys),
        }
    }
}

fn keys(name: &str) -> [Vec<u8>; 2] {
    [Reading::OneToOne, Reading::Expanded].map(|reading| primary_weights(&fold(name, reading)))
}

/// Removes what collations ignore, folds case, and replaces the letters that UCA treats as different.
fn fold(name: &str, reading: Reading) -> String {
    let nfkd = DecomposingNormalizerBorrowed::new_nfkd();
    let has_weight = |letter: &char| reading.has_weight(*letter);
    let letters: String =
        nfkd.normalize(name).chars().filter(has_weight).map(|letter| reading.replace(letter)).collect();
    let folded = CaseMapper::new().fold_string(&letters).into_owned();
    let folded = nfkd.normalize(&folded).replace('ı', "i").replace('þ', "th");
    folded.trim().to_owned()
}

impl Reading {
    fn has_weight(self, letter: char) -> bool {
        if letter > '\u{ffff}' || letter == char::REPLACEMENT_CHARACTER {
            return false;
        }
        let category = CodePointMapData::<GeneralCategory>::new().get(letter);
        let is_ignored_mark = matches!(self, Self::OneToOne) && GeneralCategoryGroup::Mark.contains(category);
        let is_invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(letter)
            || GeneralCategoryGroup::Other.contains(category);
        !is_ignored_mark && !is_invisible
    }

    fn replace(self, letter: char) -> char {
        match (self, letter) {
            (Self::OneToOne, 'ß' | 'ẞ') => 's',
            _ => letter,
        }
    }
}

/// Returns the sort key of `text` at the first level of UCA, which ignores case, accents and variants.
fn primary_weights(text: &str) -> Vec<u8> {
    static COLLATOR: LazyLock<CollatorBorrowed<'static>> = LazyLock::new(|| {
        let mut options = CollatorOptions::default();
        options.strength = Some(Strength::Primary);
        Collator::try_new(CollatorPreferences::default(), options).expect("the root collation is compiled in")
    });
    let mut key = Vec::with_capacity(text.len() + 1);
    let Ok(()) = COLLATOR.write_sort_key_to(text, &mut key);
    key
}

#[cfg(test)]
#[path = "comparable_name_tests.rs"]
mod tests;
