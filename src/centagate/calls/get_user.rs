//! `user/auth/list`: lists a user's tokens, certificates and device.
//!
//! Its page ("Request List of User Bound Authentication Methods API") shows no reply. The members and values come from the
//! vendor's API reference, 3.2.1.14.

use serde::Serialize;
use serde_json::Value;

use super::bound_token_status::bound_token_status;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::object::Members;
use crate::centagate::return_code::Meaning;
use crate::domain::{BoundToken, BoundTokenType, Certificate, Device, DeviceStatus, UserAuthentication, Username};

/// A user to look up.
#[derive(Debug)]
pub struct GetUser {
    /// The user name.
    pub username: Username,
}

/// Parameter 1 of the page; parameter 2 is the cenToken.
#[derive(Serialize)]
struct Body<'a> {
    username: &'a str,
}

impl Call for GetUser {
    const CALL: &'static CallSpec = &CallSpec {
        path: "user/auth/list",
        connection: ConnectionKind::Dedicated,
        codes: &[(22002, Meaning::UserNotFound)],
        ended_session_codes: &[],
    };

    type Answer = UserAuthentication;

    fn members(&self) -> impl Serialize {
        Body { username: self.username.as_str() }
    }

    /// `{"tokenList", "certList", "device"}`. No document says whether they are nested or JSON text in a string.
    fn decode(object: Value) -> Answer<UserAuthentication> {
        let Some(mut object) = Members::of(object) else {
            return Answer { value: UserAuthentication::default(), is_readable: false };
        };
        let value = UserAuthentication {
            tokens: object.items("tokenList").map(token).collect(),
            certificates: object.items("certList").map(certificate).collect(),
            device: object.items("device").map(device).find(|device| *device != Device::default()),
        };
        Answer { value, is_readable: true }
    }
}

fn token(mut members: Members) -> BoundToken {
    BoundToken {
        serial_number: members.text("sn"),
        token_type: members.word("type", |number| match number {
            Some(1) => BoundTokenType::Sms,
            Some(2) => BoundTokenType::Otp,
            Some(3) => BoundTokenType::Fido,
            _ => BoundTokenType::Unknown,
        }),
        status: members.word("status", bound_token_status),
    }
}

fn certificate(mut members: Members) -> Certificate {
    Certificate {
        serial_number: members.text("sn"),
        fingerprint: members.text("fingerprint"),
        subject: members.text("subjectDn"),
        issuer: members.text("issuerDn"),
        revoked: members.flag("revoked"),
        valid_from: members.text("validFrom"),
        valid_to: members.text("validTo"),
    }
}

fn device(mut members: Members) -> Device {
    Device {
        name: members.text("name"),
        model: members.text("model"),
        os: members.text("os"),
        status: members.word("status", |number| match number {
            Some(0) => DeviceStatus::Inactive,
            Some(1) => DeviceStatus::Active,
            Some(2) => DeviceStatus::Pending,
            _ => DeviceStatus::Unknown,
        }),
    }
}
