//! The status of an OTP token and the validity of its passcode.

use std::time::Duration;

/// The status with which an OTP token is registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtpTokenStatus {
    /// Not activated yet.
    Pending,
    /// Ready to use.
    Valid,
    /// Deactivated for a limited time.
    TemporarilyDeactivated,
    /// Deactivated.
    Deactivated,
}

impl OtpTokenStatus {
    /// All statuses.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Valid, Self::TemporarilyDeactivated, Self::Deactivated];

    /// Returns the status as in the API: `pending`, `valid`, `temporarilyDeactivated`, `deactivated`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Valid => "valid",
            Self::TemporarilyDeactivated => "temporarilyDeactivated",
            Self::Deactivated => "deactivated",
        }
    }

    /// Finds a status by its word in the API.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// The validity of a passcode: 1 to 86,400 seconds (one day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValiditySeconds(u32);

impl ValiditySeconds {
    /// CENTAGATE's default (vendor page "Token Registration (One Time Pin) API").
    pub const DEFAULT: Self = Self(300);

    /// The maximum, in seconds.
    pub const MAX: u32 = 86_400;

    /// Checks that `seconds` is between 1 and [`Self::MAX`].
    pub fn new(seconds: u64) -> Option<Self> {
        let seconds = u32::try_from(seconds).ok()?;
        (1..=Self::MAX).contains(&seconds).then_some(Self(seconds))
    }

    /// Returns the validity as a duration.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    /// Returns the validity in seconds.
    pub fn get(self) -> u32 {
        self.0
    }
}
