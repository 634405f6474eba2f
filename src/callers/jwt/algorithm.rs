//! The signature algorithms that are supported.

/// A signature algorithm (RFC 7518, section 3.1; RFC 8037, section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Es256,
    /// `EdDSA` with Ed25519. RFC 9864 calls it `Ed25519`.
    Ed25519,
}

impl Algorithm {
    /// Finds a supported algorithm by its `alg`.
    pub(super) fn from_word(alg: &str) -> Option<Self> {
        match alg {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::Ed25519),
            _ => None,
        }
    }
}
