//! The token that a kind reaches: its status, a new status, and unbinding.

use std::collections::BTreeSet;

use super::{BoundToken, TokenKind, Tokens, User};
use crate::OpenAnswers;

/// Where a user's token is stored.
#[derive(Clone, Copy)]
enum Token {
    Mobile,
    Sms,
    Challenge,
    Hardware,
    Certificates,
}

impl User {
    /// The user's token that a kind reaches. The open answers say which kind reaches a mobile and a hardware token.
    fn token_of_kind(&self, kind: TokenKind, answers: &OpenAnswers) -> Option<Token> {
        let tokens = &self.tokens;
        let (reaches_otp, reaches_hardware) =
            (answers.otp_token_kind == kind, answers.hardware_token_kind == Some(kind));
        [
            (Token::Mobile, reaches_otp && tokens.mobile.is_some()),
            (Token::Hardware, reaches_hardware && tokens.hardware.is_some()),
            (Token::Sms, kind == TokenKind::Sms && tokens.sms.is_some()),
            (Token::Challenge, kind == TokenKind::Challenge && tokens.challenge.is_some()),
            (Token::Certificates, kind == TokenKind::Pki && !self.certificates.is_empty()),
        ]
        .into_iter()
        .find_map(|(token, is_reached)| is_reached.then_some(token))
    }

    /// The status of a token: `1` pending, `2` valid, `3` temporarily deactivated, `4` deactivated; `None` without a token.
    pub(crate) fn token_status(&self, kind: TokenKind, answers: &OpenAnswers) -> Option<String> {
        let status_of = |token: &Option<BoundToken>| token.as_ref().map(BoundToken::status_of_kind);
        match self.token_of_kind(kind, answers)? {
            Token::Mobile => self.tokens.mobile.as_ref().map(|token| token.status.clone()),
            Token::Sms => status_of(&self.tokens.sms),
            Token::Challenge => status_of(&self.tokens.challenge),
            Token::Hardware => status_of(&self.tokens.hardware),
            Token::Certificates => Some(self.certificate_status.clone()),
        }
    }

    /// Changes the status of a token; false without a token.
    pub(crate) fn set_token_status(&mut self, kind: TokenKind, status: &str, answers: &OpenAnswers) -> bool {
        let Some(token) = self.token_of_kind(kind, answers) else { return false };
        let set = |token: &mut Option<BoundToken>| {
            if let Some(token) = token {
                listed_status(status).clone_into(&mut token.status);
            }
        };
        match token {
            Token::Mobile => {
                if let Some(token) = &mut self.tokens.mobile {
                    status.clone_into(&mut token.status);
                }
            }
            Token::Sms => set(&mut self.tokens.sms),
            Token::Challenge => set(&mut self.tokens.challenge),
            Token::Hardware => set(&mut self.tokens.hardware),
            Token::Certificates => status.clone_into(&mut self.certificate_status),
        }
        true
    }

    /// Unbinds a token; false without a token.
    pub(crate) fn unbind_token(
        &mut self,
        kind: TokenKind,
        answers: &OpenAnswers,
        stock: &mut BTreeSet<String>,
    ) -> bool {
        let Some(token) = self.token_of_kind(kind, answers) else { return false };
        match token {
            Token::Mobile => (self.tokens.mobile, self.device) = (None, None),
            Token::Sms => self.tokens.sms = None,
            Token::Challenge => self.tokens.challenge = None,
            Token::Hardware => self.tokens.unbind_hardware(stock),
            Token::Certificates => self.certificates.clear(),
        }
        true
    }
}

impl Tokens {
    /// Unbinds the OTP token. A hardware token goes back to the stock (inferred).
    pub(crate) fn unbind_hardware(&mut self, stock: &mut BTreeSet<String>) {
        let is_offline = self.offline_key.take().is_some();
        self.wrong_codes = 0;
        stock.extend(self.hardware.take().filter(|_| !is_offline).map(|token| token.sn));
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
