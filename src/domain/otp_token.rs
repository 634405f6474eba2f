//! The status of an OTP token and the validity of its passcode.

use std::time::Duration;

/// The state an OTP token is registered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtpTokenStatus {
    /// Waiting for its user.
    Pending,
    /// Ready to log in with.
    Valid,
    /// Switched off for a while.
    TemporarilyDeactivated,
    /// Switched off.
    Deactivated,
}

impl OtpTokenStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Valid, Self::TemporarilyDeactivated, Self::Deactivated];

    /// The status in callers' words: `pending`, `valid`, `temporarilyDeactivated`, `deactivated`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Valid => "valid",
            Self::TemporarilyDeactivated => "temporarilyDeactivated",
            Self::Deactivated => "deactivated",
        }
    }

    /// The status that `word` stands for, if any.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// How long a passcode stays valid: 1 to 86,400 seconds (a day).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValiditySeconds(u32);

impl ValiditySeconds {
    /// CENTAGATE's own, where a request names none (vendor page "Token Registration (One Time Pin) API").
    pub const DEFAULT: Self = Self(300);

    /// The longest validity, in seconds.
    pub const MAX: u32 = 86_400;

    /// A validity of `seconds`, if that is within 1 to [`Self::MAX`].
    pub fn new(seconds: u64) -> Option<Self> {
        let seconds = u32::try_from(seconds).ok()?;
        (1..=Self::MAX).contains(&seconds).then_some(Self(seconds))
    }

    /// The validity.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    /// The validity in seconds.
    pub fn get(self) -> u32 {
        self.0
    }
}
