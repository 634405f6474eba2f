//! The reply to `GET /users/{id}`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    BoundToken, BoundTokenStatus, BoundTokenType, Certificate, Device, DeviceStatus, UserAuthentication, Username,
};

/// A user with tokens, certificates and device. This is personal data, but not secret.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The user's tokens.
    tokens: Vec<BoundTokenReply<'a>>,
    /// The user's certificates.
    certificates: Vec<CertificateReply<'a>>,
    /// The user's mobile device; null if there is none.
    #[schema(required)]
    device: Option<DeviceReply<'a>>,
}

/// A user's token. A member is null if CENTAGATE sent no value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BoundToken)]
pub(super) struct BoundTokenReply<'a> {
    /// The serial number.
    #[schema(required, value_type = Option<String>, example = "2601000042")]
    serial_number: Option<&'a str>,
    /// The kind of token.
    #[serde(rename = "type")]
    #[schema(required, value_type = Option<BoundTokenTypeWord>)]
    type_: Option<&'static str>,
    /// The status.
    #[schema(required, value_type = Option<BoundTokenStatusWord>)]
    status: Option<&'static str>,
}

/// A user's certificate. A member is null if CENTAGATE sent no value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Certificate)]
pub(super) struct CertificateReply<'a> {
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
    /// Whether the certificate is revoked; null if unknown, which does not mean `false`.
    #[schema(required, example = false)]
    revoked: Option<bool>,
    /// The start of the validity, in CENTAGATE's format.
    #[schema(required, value_type = Option<String>, example = "2026-01-31 00:00:00")]
    valid_from: Option<&'a str>,
    /// The end of the validity, in CENTAGATE's format.
    #[schema(required, value_type = Option<String>, example = "2028-01-31 00:00:00")]
    valid_to: Option<&'a str>,
}

/// A user's mobile device. A member is null if CENTAGATE sent no value.
#[derive(Serialize, ToSchema)]
#[schema(as = Device)]
pub(super) struct DeviceReply<'a> {
    /// The device's name.
    #[schema(required, value_type = Option<String>, example = "Alice's phone")]
    name: Option<&'a str>,
    /// The model.
    #[schema(required, value_type = Option<String>, example = "Pixel 9")]
    model: Option<&'a str>,
    /// The operating system.
    #[schema(required, value_type = Option<String>, example = "Android 16")]
    os: Option<&'a str>,
    /// The status.
    #[schema(required, value_type = Option<DeviceStatusWord>)]
    status: Option<&'static str>,
}

/// The kind of a token: `sms` for a phone that receives codes, `otp` for a device or app that generates codes, `fido` for a
/// FIDO authenticator, `unknown` for a kind that CENTAGATE does not document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BoundTokenType)]
#[expect(dead_code, reason = "documents the words of the domain's type; a test compares the two")]
pub(super) enum BoundTokenTypeWord {
    Sms,
    Otp,
    Fido,
    Unknown,
}

/// The status of a token, `unknown` for a status that CENTAGATE does not document. These are not the statuses in which an OTP
/// token is registered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BoundTokenStatus)]
#[expect(dead_code, reason = "documents the words of the domain's type; a test compares the two")]
pub(super) enum BoundTokenStatusWord {
    Inactive,
    Active,
    ActiveLocked,
    Pending,
    PendingLocked,
    Unknown,
}

/// The status of a device, `unknown` for a status that CENTAGATE does not document.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceStatus)]
#[expect(dead_code, reason = "documents the words of the domain's type; a test compares the two")]
pub(super) enum DeviceStatusWord {
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
