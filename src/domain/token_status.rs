//! The status of a token, as CENTAGATE reports it.

/// The status of a user's token. It has more values than the status that can be set ([`OtpTokenStatus`](super::OtpTokenStatus)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// Not activated yet.
    Pending,
    /// Ready to use.
    Valid,
    /// Deactivated for a limited time.
    TemporarilyDeactivated,
    /// Deactivated.
    Deactivated,
    /// Suspended by CENTAGATE.
    Suspended,
    /// A status that CENTAGATE does not document.
    Unknown,
}

impl TokenStatus {
    /// Returns the status as in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Valid => "valid",
            Self::TemporarilyDeactivated => "temporarilyDeactivated",
            Self::Deactivated => "deactivated",
            Self::Suspended => "suspended",
            Self::Unknown => "unknown",
        }
    }
}
