use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::CodePointSetData;
use icu_properties::props::DefaultIgnorableCodePoint;

/// A user name folded for comparison: NFKC, full case folding, NFKC again, without what cannot be seen: blanks around it
/// and characters that are ignored by default.
///
/// Two names with equal identities may be one account to CENTAGATE, whose own comparison rules are not published; so
/// whatever protects an account compares identities, not names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity(String);

impl Identity {
    /// The identity behind `name`.
    pub fn of(name: &str) -> Self {
        if name.is_ascii() {
            return Self(name.trim().to_ascii_lowercase()); // normalization and folding do no more to these
        }
        Self::fold(name)
    }

    fn fold(name: &str) -> Self {
        let nfkc = ComposingNormalizerBorrowed::new_nfkc();
        let folded = CaseMapper::new().fold_string(&nfkc.normalize(name)).into_owned();
        let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>();
        let visible: String = nfkc.normalize(&folded).chars().filter(|&letter| !ignorable.contains(letter)).collect();
        Self(visible.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;

    #[test]
    fn the_short_cut_for_ascii_leads_where_the_long_way_does() {
        for letter in '\0'..='\u{7f}' {
            for name in [letter.to_string(), format!("A{letter}b"), format!("{letter}A b{letter}")] {
                assert_eq!(Identity::of(&name), Identity::fold(&name), "{name:?}");
            }
        }
    }

    #[test]
    fn spellings_of_one_name_share_an_identity() {
        for (one, other) in [
            ("admin", "ADMIN"),
            ("admin", "ａｄｍｉｎ"), // full-width
            ("Straße", "STRASSE"),
            ("\u{212b}", "å"), // ANGSTROM SIGN
            ("ﬁ", "FI"),
            ("admin", " admin\u{a0}"),
            ("admin", "ad\u{200b}min\u{fe0f}"),
        ] {
            assert_eq!(Identity::of(one), Identity::of(other), "{one} and {other}");
        }
        assert_ne!(Identity::of("admin"), Identity::of("admin2"));
        assert_ne!(Identity::of("admin"), Identity::of("аdmin"), "a Cyrillic letter is another letter");
    }
}
