//! What the server and the handle of a simulator share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Config;
use crate::instruction::Instructions;
use crate::record::Log;
use crate::state::State;

/// State, instructions and log of a simulated CENTAGATE.
pub(crate) struct Centagate {
    state: Mutex<State>,
    instructions: Mutex<Instructions>,
    pub(crate) log: Log,
}

impl Centagate {
    pub(crate) fn new(config: Config) -> Self {
        Self { state: Mutex::new(State::new(config)), instructions: Mutex::default(), log: Log::new() }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unlocks the admin's account.
    pub(crate) fn unlock_admin(&self) {
        let mut state = self.state();
        let admin = state.admin.clone();
        state.users.change(&admin, |user| user.set_locked(false));
    }

    pub(crate) fn instructions(&self) -> MutexGuard<'_, Instructions> {
        self.instructions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
