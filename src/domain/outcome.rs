//! Whether a failed request may have been executed.

use serde::Serialize;

/// What is known about a request to CENTAGATE that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing was executed. The request can be sent again.
    NotExecuted,
    /// The request may have been executed.
    Unknown,
    /// CENTAGATE refused a code or a password, and may have counted a failed attempt.
    Refused,
}

impl Outcome {
    /// The outcome as callers read it: `notExecuted`, `unknown` or `refused`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotExecuted => "notExecuted",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
        }
    }
}
