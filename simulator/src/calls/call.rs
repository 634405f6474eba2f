//! The description of a call, which every call's file fills in.

use serde_json::Value;

use super::{Input, Members, Signature};
use crate::ReturnCode;
use crate::state::State;

/// A call, as its file describes it.
pub struct Call {
    /// The vendor document that describes the call.
    pub page: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The paths of the call, and how a request to each is signed. A `{name}` at the end of a path stands for one segment.
    pub paths: &'static [(&'static str, Signature)],
    /// The members that `run` reads. The members of the signature are not repeated here.
    pub(super) members: Members,
    /// What `object` contains on success.
    pub object: &'static str,
    /// Every return code that the documents list for the call.
    pub codes: &'static [ReturnCode],
    /// Applies the call to the state.
    pub(super) run: fn(&mut State, &Input) -> Result<Success, ReturnCode>,
}

impl Call {
    /// The member and the value that distinguish the call from others with the same path.
    pub const fn selector(&self) -> Option<(&'static str, &'static str)> {
        self.members.selector
    }
}

/// The result of a call that CENTAGATE answers with code 0.
pub(crate) struct Success {
    pub(crate) object: Value,
    /// Whether the call changed the state.
    pub(crate) executed: bool,
}

impl Success {
    /// The call changed the state, and `object` is empty.
    pub(super) fn executed() -> Self {
        Self { object: Value::from(""), executed: true }
    }
}
