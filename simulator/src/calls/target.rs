//! A request whose path and method belong to a call.

use super::{Operation, Signature};

/// The call that a request belongs to.
pub(crate) struct Target {
    pub(crate) operation: Operation,
    pub(crate) signature: Signature,
    /// The name and the decoded value of the path's `{name}`.
    pub(crate) path_value: Option<(&'static str, String)>,
}
