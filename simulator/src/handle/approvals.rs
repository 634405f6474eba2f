//! The handle's methods for the approval workflow.

use super::Simulator;
use crate::Change;

impl Simulator {
    /// Whether changes of users wait for an approval.
    pub fn set_approval_required(&self, required: bool) {
        self.centagate.state().approvals.required = required;
    }

    /// The waiting changes of a user, oldest first.
    pub fn waiting_changes(&self, username: &str) -> Vec<Change> {
        self.centagate.state().approvals.of(username).cloned().collect()
    }

    /// Executes the waiting changes of a user; false if there are none.
    pub fn approve(&self, username: &str) -> bool {
        self.centagate.state().decide(username, true)
    }

    /// Drops the waiting changes of a user; false if there are none.
    pub fn reject(&self, username: &str) -> bool {
        self.centagate.state().decide(username, false)
    }
}
