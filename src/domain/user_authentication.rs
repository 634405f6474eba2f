/// What a user can authenticate with: no secrets, but personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserAuthentication {
    /// The tokens that are bound to the user.
    pub tokens: Vec<BoundToken>,
    /// The certificates that are bound to the user.
    pub certificates: Vec<Certificate>,
    /// The mobile device that is bound to the user, if one is.
    pub device: Option<Device>,
}

/// A token that is bound to a user; each member is absent where CENTAGATE sent none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoundToken {
    /// The serial number.
    pub serial_number: Option<String>,
    /// The kind of token.
    pub token_type: Option<BoundTokenType>,
    /// The state it is in.
    pub status: Option<BoundTokenStatus>,
}

/// A certificate that is bound to a user; each member is absent where CENTAGATE sent none.
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
    /// Whether it is revoked.
    pub revoked: Option<bool>,
    /// The start of its validity, as CENTAGATE spells it.
    pub valid_from: Option<String>,
    /// The end of its validity, as CENTAGATE spells it.
    pub valid_to: Option<String>,
}

/// A mobile device that is bound to a user; each member is absent where CENTAGATE sent none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The name that the user gave it.
    pub name: Option<String>,
    /// The model.
    pub model: Option<String>,
    /// The operating system.
    pub os: Option<String>,
    /// The state it is in.
    pub status: Option<DeviceStatus>,
}

/// The kind of a bound token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundTokenType {
    /// A telephone that passcodes are sent to.
    Sms,
    /// A token that makes passcodes.
    Otp,
    /// A FIDO authenticator.
    Fido,
    /// A kind that is not documented.
    Unknown,
}

impl BoundTokenType {
    /// The kind in callers' words: `sms`, `otp`, `fido`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Otp => "otp",
            Self::Fido => "fido",
            Self::Unknown => "unknown",
        }
    }
}

/// The state of a bound token. Not the states that an OTP token is registered in: CENTAGATE has other ones here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundTokenStatus {
    /// Switched off.
    Inactive,
    /// In use.
    Active,
    /// In use, and locked.
    ActiveLocked,
    /// Waiting for its user.
    Pending,
    /// Waiting for its user, and locked.
    PendingLocked,
    /// A state that is not documented.
    Unknown,
}

impl BoundTokenStatus {
    /// The state in callers' words: `inactive`, `active`, `activeLocked`, `pending`, `pendingLocked`, `unknown`.
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

/// The state of a bound device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStatus {
    /// Switched off.
    Inactive,
    /// In use.
    Active,
    /// Waiting for its user.
    Pending,
    /// A state that is not documented.
    Unknown,
}

impl DeviceStatus {
    /// The state in callers' words: `inactive`, `active`, `pending`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Unknown => "unknown",
        }
    }
}
