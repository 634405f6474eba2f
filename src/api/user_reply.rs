use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    BoundToken, BoundTokenStatus, BoundTokenType, Certificate, Device, DeviceStatus, UserAuthentication, Username,
};

/// A user, and what it can authenticate with. No secrets stand here, but personal data.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserReply<'a> {
    /// The name to log in with.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The tokens that are bound to the user; empty where CENTAGATE lists none.
    tokens: Vec<BoundTokenReply<'a>>,
    /// The certificates that are bound to the user; empty where CENTAGATE lists none.
    certificates: Vec<CertificateReply<'a>>,
    /// The mobile device that is bound to the user; null if none is.
    #[schema(required)]
    device: Option<DeviceReply<'a>>,
}

/// A token that is bound to a user; a member is null where CENTAGATE sent none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BoundToken)]
pub(crate) struct BoundTokenReply<'a> {
    /// The serial number.
    #[schema(required, value_type = Option<String>, example = "2601000042")]
    serial_number: Option<&'a str>,
    /// The kind of token.
    #[serde(rename = "type")]
    #[schema(required, value_type = Option<BoundTokenTypeWord>)]
    type_: Option<&'static str>,
    /// The state it is in.
    #[schema(required, value_type = Option<BoundTokenStatusWord>)]
    status: Option<&'static str>,
}

/// A certificate that is bound to a user; a member is null where CENTAGATE sent none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Certificate)]
pub(crate) struct CertificateReply<'a> {
    /// The serial number.
    #[schema(required, value_type = Option<String>, example = "4F1C9A02")]
    serial_number: Option<&'a str>,
    /// The fingerprint.
    #[schema(required, value_type = Option<String>, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b")]
    fingerprint: Option<&'a str>,
    /// The subject's distinguished name.
    #[schema(required, value_type = Option<String>, example = "CN=Alice Archer,O=Example")]
    subject: Option<&'a str>,
    /// The issuer's distinguished name.
    #[schema(required, value_type = Option<String>, example = "CN=Example CA,O=Example")]
    issuer: Option<&'a str>,
    /// Whether it is revoked; null where CENTAGATE does not say so readably: do not take that for false.
    #[schema(required, example = false)]
    revoked: Option<bool>,
    /// The start of its validity, spelled as CENTAGATE does.
    #[schema(required, value_type = Option<String>, example = "2026-01-31 00:00:00")]
    valid_from: Option<&'a str>,
    /// The end of its validity, spelled as CENTAGATE does.
    #[schema(required, value_type = Option<String>, example = "2028-01-31 00:00:00")]
    valid_to: Option<&'a str>,
}

/// A mobile device that is bound to a user; a member is null where CENTAGATE sent none.
#[derive(Serialize, ToSchema)]
#[schema(as = Device)]
pub(crate) struct DeviceReply<'a> {
    /// The device's name.
    #[schema(required, value_type = Option<String>, example = "Alice's phone")]
    name: Option<&'a str>,
    /// The model.
    #[schema(required, value_type = Option<String>, example = "Pixel 9")]
    model: Option<&'a str>,
    /// The operating system.
    #[schema(required, value_type = Option<String>, example = "Android 16")]
    os: Option<&'a str>,
    /// The state it is in.
    #[schema(required, value_type = Option<DeviceStatusWord>)]
    status: Option<&'static str>,
}

/// The kind of a bound token: `sms` for a telephone that passcodes are sent to, `otp` for what makes passcodes, `fido` for a
/// FIDO authenticator; `unknown` for a kind that CENTAGATE does not document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BoundTokenType)]
#[expect(dead_code, reason = "documents the words of the domain's type; the two are compared by a test")]
pub(crate) enum BoundTokenTypeWord {
    Sms,
    Otp,
    Fido,
    Unknown,
}

/// The state of a bound token; `unknown` for one that CENTAGATE does not document. These are other states than those that an
/// OTP token is registered in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BoundTokenStatus)]
#[expect(dead_code, reason = "documents the words of the domain's type; the two are compared by a test")]
pub(crate) enum BoundTokenStatusWord {
    Inactive,
    Active,
    ActiveLocked,
    Pending,
    PendingLocked,
    Unknown,
}

/// The state of a bound device; `unknown` for one that CENTAGATE does not document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceStatus)]
#[expect(dead_code, reason = "documents the words of the domain's type; the two are compared by a test")]
pub(crate) enum DeviceStatusWord {
    Inactive,
    Active,
    Pending,
    Unknown,
}

impl<'a> UserReply<'a> {
    pub(super) fn new(username: &'a Username, bound: &'a UserAuthentication) -> Self {
        Self {
            username: username.as_str(),
            tokens: bound.tokens.iter().map(BoundTokenReply::from).collect(),
            certificates: bound.certificates.iter().map(CertificateReply::from).collect(),
            device: bound.device.as_ref().map(DeviceReply::from),
        }
    }
}

impl<'a> From<&'a BoundToken> for BoundTokenReply<'a> {
    fn from(token: &'a BoundToken) -> Self {
        Self {
            serial_number: token.serial_number.as_deref(),
            type_: token.token_type.map(BoundTokenType::as_str),
            status: token.status.map(BoundTokenStatus::as_str),
        }
    }
}

impl<'a> From<&'a Certificate> for CertificateReply<'a> {
    fn from(certificate: &'a Certificate) -> Self {
        Self {
            serial_number: certificate.serial_number.as_deref(),
            fingerprint: certificate.fingerprint.as_deref(),
            subject: certificate.subject.as_deref(),
            issuer: certificate.issuer.as_deref(),
            revoked: certificate.revoked,
            valid_from: certificate.valid_from.as_deref(),
            valid_to: certificate.valid_to.as_deref(),
        }
    }
}

impl<'a> From<&'a Device> for DeviceReply<'a> {
    fn from(device: &'a Device) -> Self {
        Self {
            name: device.name.as_deref(),
            model: device.model.as_deref(),
            os: device.os.as_deref(),
            status: device.status.map(DeviceStatus::as_str),
        }
    }
}
