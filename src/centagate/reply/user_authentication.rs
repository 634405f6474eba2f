//! The list of what is bound to a user. Its page ("Request List of User Bound Authentication Methods API") shows no reply;
//! members and values are those of the vendor's API reference, 3.2.1.14.

use serde_json::{Map, Value};

use super::{Answer, parsed, text, unwrap};
use crate::centagate::envelope::integer;
use crate::domain::{
    BoundToken, BoundTokenStatus, BoundTokenType, Certificate, Device, DeviceStatus, UserAuthentication,
};

/// `{"tokenList", "certList", "device"}`, nested or as JSON text in a string: which of them is not known.
pub(in crate::centagate) fn user_authentication(object: Value) -> Answer<UserAuthentication> {
    let Value::Object(object) = unwrap(object) else {
        return Answer { value: UserAuthentication::default(), is_readable: false };
    };
    let mut object = Members(object);
    let value = UserAuthentication {
        tokens: object.items("tokenList").map(token).collect(),
        certificates: object.items("certList").map(certificate).collect(),
        device: object.items("device").map(device).find(|device| *device != Device::default()),
    };
    Answer { value, is_readable: true }
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
        status: members.word("status", |number| match number {
            Some(0) => BoundTokenStatus::Inactive,
            Some(1) => BoundTokenStatus::Active,
            Some(2) => BoundTokenStatus::ActiveLocked,
            Some(3) => BoundTokenStatus::Pending,
            Some(4) => BoundTokenStatus::PendingLocked,
            _ => BoundTokenStatus::Unknown,
        }),
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

/// The members of an object, taken one by one.
struct Members(Map<String, Value>);

impl Members {
    /// What there is, if it is more than null, an empty text or an empty object.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(is_something)
    }

    /// A scalar as text.
    fn text(&mut self, name: &str) -> Option<String> {
        self.take(name).and_then(text)
    }

    /// What a number stands for, which may be spelled as text; `read` gets nothing where there is something else.
    fn word<T>(&mut self, name: &str, read: impl FnOnce(Option<i64>) -> T) -> Option<T> {
        self.take(name).map(|value| read(integer(&value)))
    }

    /// Whether it is so; nothing where that cannot be read, since how CENTAGATE spells it is not documented.
    fn flag(&mut self, name: &str) -> Option<bool> {
        let value = self.take(name)?;
        match (integer(&value), &value) {
            (_, Value::Bool(flag)) => Some(*flag),
            (Some(1), _) => Some(true),
            (Some(0), _) => Some(false),
            (_, Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => Some(true),
            (_, Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The items of a list, or the one that stands there without a list; each may be JSON text in a string. What is no object
    /// stays, without members: that there is something must not get lost.
    fn items(&mut self, name: &str) -> impl Iterator<Item = Self> {
        let items = match self.take(name).map(parsed) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(item) => vec![item],
        };
        items.into_iter().filter(is_something).map(|item| match parsed(item) {
            Value::Object(members) => Self(members),
            _ => Self(Map::new()),
        })
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => true,
    }
}
