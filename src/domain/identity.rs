use std::borrow::Cow;
use std::sync::LazyLock;

use icu_casemap::CaseMapper;
use icu_collator::options::{CollatorOptions, Strength};
use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences};
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

/// A user name prepared for comparison with another one.
///
/// CENTAGATE does not publish how its database compares names. Checks that protect an account therefore ask whether any
/// common, language-neutral collation could treat two names as equal: `utf8mb4_general_ci`, `utf8mb4_unicode_ci` and
/// `uca1400_ai_ci` of `MariaDB` and `MySQL`, and the `CI_AI` collations of SQL Server. These ignore:
///
/// - case, accents and other marks, ligatures, and the width of a letter: NFKD, case folding and the primary weights of
///   the Unicode Collation Algorithm (UCA). The weights also equate strokes (`ł` with `l`), `æ` with `ae`, small letters
///   above others, Hiragana with Katakana, final letters (`ς`, `ך`) and curly quotation marks.
/// - spaces at the end, which `PAD SPACE` collations ignore. Leading spaces are ignored too, because applications trim
///   them.
/// - what is invisible, unassigned or private, and what lies above U+FFFF: old tables have no weights for these.
/// - the difference between `ı` and `i`, and between `þ` and `th`: equal to `general_ci` and SQL Server, not to UCA.
///
/// Letters of other scripts that only look alike are different, as in every collation. Collations of one language are not
/// covered (`ü` as `y` in Swedish, `ä` as `ae` in a German telephone book).
#[derive(Clone, Debug)]
pub struct Identity(Form);

#[derive(Clone, Debug)]
enum Form {
    /// Printable ASCII, trimmed and in lower case: most names.
    Ascii(String),
    Keys([Vec<u8>; 2]),
}

/// Where collations disagree about a character, each reading follows one side, and two names match if one reading
/// makes them equal.
#[derive(Clone, Copy)]
enum Reading {
    /// `ß` is `s` (`general_ci`), and every mark is ignored.
    OneToOne,
    /// `ß` is `ss`, and marks that UCA gives the weight of a letter are that letter (U+036B is `m`).
    Expanded,
}

impl Identity {
    /// The identity of `name`.
    pub fn of(name: &str) -> Self {
        if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Self(Form::Ascii(name.trim().to_ascii_lowercase()));
        }
        Self(Form::Keys(keys(name)))
    }

    /// Whether a database could take the two names for the same one. Not transitive: `ß` matches `s` and `ss`.
    pub fn matches(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Ascii(one), Form::Ascii(other)) => one == other,
            _ => self.keys().iter().zip(other.keys().iter()).any(|(one, other)| one == other),
        }
    }

    /// The name's sort key in each reading: two names match if their keys in the same reading are equal.
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

/// Removes what collations ignore, and folds case and the letters that UCA keeps apart.
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

/// The sort key of `text` by the first level of UCA: letters without case, accents and variants.
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
#[path = "identity_tests.rs"]
mod tests;
