//! Applies a change of a user, or stores it until it is approved.

use super::Success;
use crate::state::{Change, State};
use crate::{FurtherChange, ReturnCode, WaitingChange};

/// The documents list it for `updateUser` only. Whether other calls answer it is open (question 7).
pub(super) const PENDING_APPROVAL: ReturnCode = ReturnCode::new("22029", "User edit pending approval");

/// Applies a change, or stores it if the company requires approvals. A stored change counts as not executed.
pub(super) fn submit(state: &mut State, username: &str, change: Change) -> Result<Success, ReturnCode> {
    if !state.approvals.required {
        state.apply(username, change);
        return Ok(Success::executed());
    }
    let has_waiting_change = state.approvals.of(username).next().is_some();
    if has_waiting_change && state.open_answers.further_change == FurtherChange::Refused {
        return Err(PENDING_APPROVAL);
    }
    state.approvals.add(username, change);
    match state.open_answers.waiting_change {
        WaitingChange::Success => Ok(Success { executed: false, ..Success::executed() }),
        WaitingChange::PendingApproval => Err(PENDING_APPROVAL),
    }
}
