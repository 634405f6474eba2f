//! What can be bound to a user besides a one-time PIN: put there by a test, shown by `user/auth/list`.

use serde::{Deserialize, Serialize};

/// A certificate. Member names are those on the wire; all values are texts there, as in every object that is known.
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
    /// Whether it is revoked: how that is spelled is not documented.
    pub revoked: String,
    /// The start of its validity; no format is documented.
    pub valid_from: String,
    /// The end of its validity.
    pub valid_to: String,
}

/// A mobile device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its model.
    pub model: String,
    /// Its operating system.
    pub os: String,
    /// The status as on the wire: `0` inactive, `1` active, `2` pending.
    pub status: String,
}
