//! The stored form of a reply. Its vocabulary is fixed: stored replies outlive the process that wrote them.

use serde::{Deserialize, Serialize};

use crate::api::problems::{ApiError, Problem};
use crate::centagate::{Error, ReturnCode};
use crate::operations::{Reply, Row};
use crate::store::Settlement;

/// What is stored about the end of a request.
#[derive(Deserialize, Serialize)]
enum StoredReply {
    /// The operation succeeded.
    #[serde(rename = "created")]
    Succeeded { location: Option<String>, body: Option<String> },
    /// CENTAGATE refused it with this return code.
    #[serde(rename = "refused")]
    Refused(i64),
}

/// What to store about `result`. The contract's table says what happens to the key: replay, release or unknown.
pub(super) fn settlement(result: &Result<Reply, ApiError>) -> Settlement {
    let store = |stored: &StoredReply, valid_for| {
        let reply = serde_json::to_string(stored).expect("text and numbers serialize");
        Settlement::Reply { reply: reply.into(), valid_for }
    };
    match result {
        Ok(Reply { location, body, secrets_valid_for }) => {
            let stored = StoredReply::Succeeded { location: location.clone(), body: body.clone() };
            store(&stored, *secrets_valid_for)
        }
        Err(error) => match error.upstream_code {
            Some(code) if error.problem.is_replayed() => store(&StoredReply::Refused(code), None),
            _ if error.nothing_was_executed() => Settlement::Release,
            _ => Settlement::Unknown,
        },
    }
}

/// Rebuilds the stored reply of `operation` for a retry.
pub(super) fn rebuild(operation: &Row, stored: &str) -> Result<Reply, ApiError> {
    match serde_json::from_str(stored) {
        Ok(StoredReply::Succeeded { location, body }) => Ok(Reply { location, body, secrets_valid_for: None }),
        Ok(StoredReply::Refused(code)) => {
            Err(ApiError::of_call(operation, &Error::Refused(ReturnCode::new(code))).replayed())
        }
        Err(_) => Err(ApiError::from(Problem::OutcomeUnknown).with_settlement(operation.spec.settle)),
    }
}
