//! The outcome of a failed call.

use serde::Serialize;

/// The outcome of a failed call to CENTAGATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// CENTAGATE did not execute it. It is safe to repeat.
    NotExecuted,
    /// CENTAGATE may have executed it. Find out before repeating it.
    Unknown,
}

impl Outcome {
    /// Returns the outcome as in the API: `notExecuted`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotExecuted => "notExecuted",
            Self::Unknown => "unknown",
        }
    }
}
