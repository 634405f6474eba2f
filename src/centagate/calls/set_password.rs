//! `password/resetbyusername`: sets a user's password. No vendor document describes this call; the vendor's clients use it
//! (life-cycle facts, section 3.1).

use serde::Serialize;
use serde_json::Value;

use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::{Meaning, PasswordRule};
use crate::domain::{Password, Username};

/// A password to set.
#[derive(Debug)]
pub struct SetPassword {
    /// The user name.
    pub username: Username,
    /// The new password.
    pub password: Password,
    /// Whether CENTAGATE notifies the user.
    pub notify: bool,
}

/// Not `Debug`, because it holds the password.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    username: &'a str,
    new_password: &'a str,
    notify_user: &'static str,
}

impl Call for SetPassword {
    const CALL: &'static CallSpec = &CallSpec {
        path: "password/resetbyusername",
        // A refusal reveals facts about the user's current and earlier passwords.
        connection: ConnectionKind::Dedicated,
        // Not documented. These are the likely ones: the codes that changing a password has.
        codes: &[
            (22002, Meaning::UserNotFound),
            (28003, Meaning::PasswordRejected(PasswordRule::History)),
            (28004, Meaning::PasswordRejected(PasswordRule::Length)),
            (28005, Meaning::PasswordRejected(PasswordRule::Complexity)),
            (28006, Meaning::PasswordRejected(PasswordRule::Blacklist)),
            (28007, Meaning::PasswordRejected(PasswordRule::Current)),
            (28008, Meaning::PasswordChangedRecently),
            (28010, Meaning::PasswordRejected(PasswordRule::Repetition)),
            (28011, Meaning::PasswordRejected(PasswordRule::Username)),
        ],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members {
            username: self.username.as_str(),
            new_password: self.password.expose(),
            notify_user: if self.notify { "true" } else { "false" },
        }
    }

    /// The reply has no values: no document describes its `object`.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}
