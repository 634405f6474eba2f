//! `token/registerActiveToken` with `tokenType` 1: registers a phone number for codes by SMS (vendor's API reference; life-cycle
//! facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use super::active_token;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{BoundTokenStatus, PhoneNumber, Username};

/// A phone number to register.
#[derive(Debug)]
pub struct RegisterSmsToken {
    /// The user who gets the token.
    pub username: Username,
    /// The phone that receives the codes.
    pub phone_number: PhoneNumber,
}

impl Call for RegisterSmsToken {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/registerActiveToken",
        connection: ConnectionKind::Dedicated,
        codes: &[
            (6007, Meaning::TokenNotAllowed),
            (22002, Meaning::UserNotFound),
            (29001, Meaning::TokenNotFound),
            (29002, Meaning::TokenNotAvailable),
            (29004, Meaning::PhoneNumberTaken),
            (29008, Meaning::OtpTokenAlreadyRegistered),
            (29011, Meaning::WrongActivationCode),
            (29017, Meaning::TokenNotAvailable),
        ],
        ended_session_codes: &[],
    };

    type Answer = Option<BoundTokenStatus>;

    fn members(&self) -> impl Serialize {
        active_token::Members {
            username: self.username.as_str(),
            token_type: "1",
            token_sn: self.phone_number.as_str(),
        }
    }

    fn decode(object: Value) -> Answer<Option<BoundTokenStatus>> {
        active_token::decode(object)
    }
}
