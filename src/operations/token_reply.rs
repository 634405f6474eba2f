//! The reply about a user's token, and the words in it.

use serde::Serialize;
use utoipa::ToSchema;

/// The kind of a token: `mobile` for CENTAGATE's mobile app, `sms` for a phone that receives codes, `challenge` for a token for
/// challenge and response, `pki` for a certificate. No document says which kind stands for a hardware OTP token.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TokenKind)]
#[expect(dead_code, reason = "documents the words of the domain's type; a test compares the two")]
pub(super) enum TokenKindWord {
    Mobile,
    Sms,
    Challenge,
    Pki,
}

/// The status of a token, `unknown` for a status that CENTAGATE does not document. Only CENTAGATE sets `suspended`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TokenStatus)]
#[expect(dead_code, reason = "documents the words of the domain's type; a test compares the two")]
pub(super) enum TokenStatusWord {
    Pending,
    Valid,
    TemporarilyDeactivated,
    Deactivated,
    Suspended,
    Unknown,
}

/// A user's token.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub(super) struct TokenReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    pub(super) username: &'a str,
    /// The kind, as requested.
    #[schema(value_type = TokenKindWord)]
    pub(super) kind: &'static str,
    /// The status.
    #[schema(value_type = TokenStatusWord)]
    pub(super) status: &'static str,
}
