//! `token/registerActiveToken` with `tokenType` 2: registers a hardware token (vendor's API reference; life-cycle
//! facts, section 3.2).

use serde::Serialize;
use serde_json::Value;

use super::active_token;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{BoundTokenStatus, SerialNumber, Username};

/// A hardware token to register.
#[derive(Debug)]
pub struct RegisterHardwareToken {
    /// The user who gets the token.
    pub username: Username,
    /// The token's serial number.
    pub serial_number: SerialNumber,
}

impl Call for RegisterHardwareToken {
    const CALL: &'static CallSpec = &CallSpec {
        path: "token/registerActiveToken",
        connection: ConnectionKind::Dedicated,
        codes: &[
            (6007, Meaning::TokenNotAllowed),
            (22002, Meaning::UserNotFound),
            (29001, Meaning::TokenNotAvailable),
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
            token_type: "2",
            token_sn: self.serial_number.as_str(),
        }
    }

    fn decode(object: Value) -> Answer<Option<BoundTokenStatus>> {
        active_token::decode(object)
    }
}
