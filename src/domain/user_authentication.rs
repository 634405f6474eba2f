//! How a user can authenticate.

/// How a user can authenticate. It contains no secrets, but personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserAuthentication {
    /// The user's tokens.
    pub tokens: Vec<BoundToken>,
    /// The user's certificates.
    pub certificates: Vec<Certificate>,
    /// The user's mobile device.
    pub device: Option<Device>,
}

/// A token that is bound to a user. Members that CENTAGATE did not send are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundToken {
    /// The serial number.
    pub serial_number: Option<String>,
    /// The type.
    pub token_type: Option<BoundTokenType>,
    /// The status.
    pub status: Option<BoundTokenStatus>,
}

/// A certificate that is bound to a user. Members that CENTAGATE did not send are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// The serial number.
    pub serial_number: Option<String>,
    /// The fingerprint.
    pub fingerprint: Option<String>,
    /// The subject's distinguished name.
    pub subject: Option<String>,
    /// The issuer's distinguished name.
    pub issuer: Option<String>,
    /// Whether the certificate is revoked.
    pub revoked: Option<bool>,
    /// The start of the validity, in CENTAGATE's format.
    pub valid_from: Option<String>,
    /// The end of the validity, in CENTAGATE's format.
    pub valid_to: Option<String>,
}

/// A mobile device that is bound to a user. Members that CENTAGATE did not send are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The name that the user chose.
    pub name: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The operating system.
    pub os: Option<String>,
    /// The status.
    pub status: Option<DeviceStatus>,
}

/// The type of a bound token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundTokenType {
    /// A phone that receives passcodes.
    Sms,
    /// A generator of one-time passcodes.
    Otp,
    /// A FIDO authenticator.
    Fido,
    /// An undocumented type.
    Unknown,
}

impl BoundTokenType {
    /// Returns the type as in the API: `sms`, `otp`, `fido`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Otp => "otp",
            Self::Fido => "fido",
            Self::Unknown => "unknown",
        }
    }
}

/// The status of a bound token. CENTAGATE uses different statuses here than for the registration of an OTP token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundTokenStatus {
    /// Not in use.
    Inactive,
    /// In use.
    Active,
    /// In use, but locked.
    ActiveLocked,
    /// Not activated yet.
    Pending,
    /// Not activated yet, and locked.
    PendingLocked,
    /// An undocumented status.
    Unknown,
}

impl BoundTokenStatus {
    /// Returns the status as in the API: `inactive`, `active`, `activeLocked`, `pending`, `pendingLocked`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::ActiveLocked => "activeLocked",
            Self::Pending => "pending",
            Self::PendingLocked => "pendingLocked",
            Self::Unknown => "unknown",
        }
    }
}

/// The status of a bound device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStatus {
    /// Not in use.
    Inactive,
    /// In use.
    Active,
    /// Not activated yet.
    Pending,
    /// An undocumented status.
    Unknown,
}

impl DeviceStatus {
    /// Returns the status as in the API: `inactive`, `active`, `pending`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}
