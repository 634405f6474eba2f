//! Counts wrong attempts. Too many in a row lock a user or an OTP token.

use super::{Tokens, User};

impl User {
    /// Counts a wrong password, and locks the user at the last of the `allowed` attempts.
    pub(crate) fn count_failure(&mut self, allowed: u32) {
        self.failed_attempts += 1;
        self.locked |= self.failed_attempts >= allowed;
    }

    /// Locks or unlocks the user. Counting starts from zero.
    pub(crate) fn set_locked(&mut self, locked: bool) {
        self.locked = locked;
        self.failed_attempts = 0;
    }
}

impl Tokens {
    /// Counts a wrong code of the OTP token, and locks an active token at the last of the `allowed` attempts.
    pub(crate) fn count_wrong_code(&mut self, allowed: u32) {
        self.wrong_codes += 1;
        if self.wrong_codes >= allowed
            && let Some(token) = &mut self.hardware
            && token.status == "1"
        {
            "2".clone_into(&mut token.status); // active and locked
        }
    }

    /// Unlocks the OTP token; false if it is not locked.
    pub(crate) fn unlock(&mut self) -> bool {
        let Some(token) = &mut self.hardware else { return false };
        let unlocked = match token.status.as_str() {
            "2" => "1", // active
            "4" => "3", // pending
            _ => return false,
        };
        unlocked.clone_into(&mut token.status);
        self.wrong_codes = 0;
        true
    }
}
