use serde::Serialize;

/// What became of a request to CENTAGATE that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Nothing was changed: it may be sent again.
    NotExecuted,
    /// It may have been executed: look before sending it again.
    Unknown,
}

impl Outcome {
    /// The outcome in callers' words: `notExecuted`, `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotExecuted => "notExecuted",
            Self::Unknown => "unknown",
        }
    }
}
