//! The kinds of tokens that the calls for a token's status and for unregistering name.

use serde::{Deserialize, Serialize};

/// The values of the member `type` in these calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenKind {
    /// `type` 1.
    #[default]
    Mobile,
    /// `type` 2.
    Sms,
    /// `type` 3.
    Challenge,
    /// `type` 4.
    Pki,
}

impl TokenKind {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::Mobile),
            "2" => Some(Self::Sms),
            "3" => Some(Self::Challenge),
            "4" => Some(Self::Pki),
            _ => None,
        }
    }
}
