//! The kinds of tokens.

/// A kind of token, as the operations for the status of a token and for unregistering name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// CENTAGATE's mobile app.
    Mobile,
    /// A phone that receives codes by SMS.
    Sms,
    /// A token for challenge and response.
    Challenge,
    /// A certificate.
    Pki,
}

impl TokenKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Mobile, Self::Sms, Self::Challenge, Self::Pki];

    /// Returns the kind as in the API: `mobile`, `sms`, `challenge`, `pki`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Sms => "sms",
            Self::Challenge => "challenge",
            Self::Pki => "pki",
        }
    }

    /// Finds a kind by its word in the API.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}
