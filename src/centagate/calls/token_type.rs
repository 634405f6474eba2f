//! The member `type` of `token/getStatus`, `token/update/token/status` and `token/unregisterActiveToken` (life-cycle facts,
//! section 4). Registrations and the list of a user's tokens have other vocabularies with the same digits.

use crate::domain::TokenKind;

/// The value of `type` for this kind of token.
pub(super) fn token_type(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Mobile => "1",
        TokenKind::Sms => "2",
        TokenKind::Challenge => "3",
        TokenKind::Pki => "4",
    }
}
