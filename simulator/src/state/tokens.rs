//! What can be bound to a user: tokens of each kind, certificates, a device.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Secret;
use crate::credential;

/// The tokens of a user, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Tokens {
    /// The token that `registerOtpToken` binds.
    pub mobile: Option<MobileToken>,
    /// The SMS token; its serial number is the phone number.
    pub sms: Option<BoundToken>,
    /// The OTP token: a hardware token or an offline token.
    pub hardware: Option<BoundToken>,
    /// The key of the OTP token, if it is an offline token.
    pub offline_key: Option<Secret>,
    /// Wrong codes of the OTP token since the last correct ones or the last unlock.
    pub wrong_codes: u32,
    /// The challenge-response token. No documented call registers or lists one.
    pub challenge: Option<BoundToken>,
}

/// A token with a serial number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BoundToken {
    /// The serial number.
    pub sn: String,
    /// The status as in `tokenList`: `0` inactive, `1` active, `2` active and locked, `3` pending, `4` pending and locked.
    pub status: String,
}

/// A mobile token. Its QR code and passcode activate CENTAGATE's mobile app for the user.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MobileToken {
    /// The status as on the wire: `1` pending, `2` valid, `3` temporarily deactivated, `4` deactivated.
    pub status: String,
    /// How long the passcode is valid.
    pub validity_seconds: u64,
    /// The passcode in the reply.
    pub passcode: String,
    /// The QR text in the reply.
    pub qr: String,
}

impl MobileToken {
    /// The validity if the request names none.
    pub(crate) const DEFAULT_VALIDITY_SECONDS: u64 = 300;

    /// A token with fresh secrets.
    pub(crate) fn fresh(status: String, validity_seconds: u64) -> Self {
        Self { status, validity_seconds, passcode: credential::passcode(), qr: credential::qr() }
    }
}

impl fmt::Debug for MobileToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MobileToken")
            .field("status", &self.status)
            .field("validity_seconds", &self.validity_seconds)
            .finish_non_exhaustive()
    }
}

/// A certificate. The members are named as on the wire, where all values are strings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Certificate {
    /// The serial number.
    pub sn: String,
    /// The fingerprint.
    pub fingerprint: String,
    /// The subject's distinguished name.
    pub subject_dn: String,
    /// The issuer's distinguished name.
    pub issuer_dn: String,
    /// Whether it is revoked; the values are not documented.
    pub revoked: String,
    /// The start of its validity; the format is not documented.
    pub valid_from: String,
    /// The end of its validity.
    pub valid_to: String,
}

/// A mobile device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Device {
    /// The name.
    pub name: String,
    /// The model.
    pub model: String,
    /// The operating system.
    pub os: String,
    /// The status as on the wire: `0` inactive, `1` active, `2` pending.
    pub status: String,
}
