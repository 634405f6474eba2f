//! The kinds of tokens in the member `type` of the calls for a token's status and for unregistering.

use serde::{Deserialize, Serialize};

/// The member `type` of these calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TokenKind {
    /// `1`.
    #[default]
    Mobile,
    /// `2`.
    Sms,
    /// `3`.
    Challenge,
    /// `4`.
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
