//! The reply to a successful operation, before it becomes an HTTP reply.

use std::time::Duration;

use serde::Serialize;

/// The reply to a successful operation; the default has no body. Not `Debug`, because the body may hold secrets.
#[derive(Default)]
pub(crate) struct Reply {
    /// JSON, if the operation has a reply body.
    pub(crate) body: Option<String>,
    /// The path of a new resource, below the base path.
    pub(crate) location: Option<String>,
    /// How long the secrets in the body are valid after CENTAGATE created them, if there are any.
    pub(crate) secrets_valid_for: Option<Duration>,
}

impl Reply {
    /// A reply with a JSON body.
    pub(super) fn json(body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).expect("text and numbers serialize");
        Self { body: Some(body), ..Self::default() }
    }
}
