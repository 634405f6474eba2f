//! The kinds of tokens that the calls for a token's status and for unregistering name, and the status of each kind.

use super::{BoundToken, User};

/// The member `type` of these calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Mobile,
    Sms,
    /// Whether CENTAGATE means the hardware token, too, is unknown. Here it does not.
    Challenge,
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

impl User {
    /// The status of a token: `1` pending, `2` valid, `3` temporarily deactivated, `4` deactivated; `None` without a token.
    pub(crate) fn token_status(&self, kind: TokenKind) -> Option<String> {
        match kind {
            TokenKind::Mobile => self.tokens.mobile.as_ref().map(|token| token.status.clone()),
            TokenKind::Sms => self.tokens.sms.as_ref().map(BoundToken::status_of_kind),
            TokenKind::Challenge => self.tokens.challenge.as_ref().map(BoundToken::status_of_kind),
            TokenKind::Pki => (!self.certificates.is_empty()).then(|| self.certificate_status.clone()),
        }
    }

    /// Changes the status of a token; false without a token.
    pub(crate) fn set_token_status(&mut self, kind: TokenKind, status: &str) -> bool {
        let listed = || listed_status(status).to_owned();
        match kind {
            TokenKind::Mobile => self.tokens.mobile.as_mut().map(|token| status.clone_into(&mut token.status)),
            TokenKind::Sms => self.tokens.sms.as_mut().map(|token| token.status = listed()),
            TokenKind::Challenge => self.tokens.challenge.as_mut().map(|token| token.status = listed()),
            TokenKind::Pki => (!self.certificates.is_empty()).then(|| status.clone_into(&mut self.certificate_status)),
        }
        .is_some()
    }

    /// Unbinds a token; false without a token.
    pub(crate) fn unbind_token(&mut self, kind: TokenKind) -> bool {
        match kind {
            TokenKind::Mobile => {
                self.device = None;
                self.tokens.mobile.take().is_some()
            }
            TokenKind::Sms => self.tokens.sms.take().is_some(),
            TokenKind::Challenge => self.tokens.challenge.take().is_some(),
            TokenKind::Pki => !std::mem::take(&mut self.certificates).is_empty(),
        }
    }
}

/// A status as `tokenList` shows it. The documents do not relate the two vocabularies: this is the simulator's choice.
pub(crate) fn listed_status(status: &str) -> &'static str {
    match status {
        "1" => "3", // pending
        "2" => "1", // active
        "3" => "2", // active and locked
        _ => "0",   // inactive
    }
}

impl BoundToken {
    /// The reverse of [`listed_status`].
    fn status_of_kind(&self) -> String {
        let status = match self.status.as_str() {
            "3" | "4" => "1", // pending
            "1" => "2",       // valid
            "2" => "3",       // temporarily deactivated
            _ => "4",         // deactivated
        };
        status.to_owned()
    }
}
