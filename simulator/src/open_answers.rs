//! The simulator's answers to questions that no document answers. Numbers: `life-cycle-facts.md` section 5.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::state::TokenKind;

/// One field per question. The default of each field is the first value of its type.
///
/// The control interface and `SIMULATOR_OPEN_ANSWERS` use camelCase: `{"emptyText":"erase"}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OpenAnswers {
    /// Question 3: which kind reaches the token of the one-time PIN. The calls with a member `type` use it.
    pub otp_token_kind: TokenKind,
    /// Question 4: which kind reaches a hardware token. `None`: no kind does.
    pub hardware_token_kind: Option<TokenKind>,
    /// Question 5: what the undocumented call `password/resetbyusername` does.
    pub password_reset: PasswordReset,
    /// Question 6: the effect of `""` in `updateUser`.
    pub empty_text: EmptyText,
    /// Question 6: the reply of `updateUser` to the e-mail address of another user.
    pub used_email: UsedEmail,
    /// Question 6: the effect of `availApps` in `updateUser`.
    pub avail_apps: AvailApps,
    /// Question 6: the member of `updateUser` that names the group. The other member is ignored.
    pub group_member: GroupMember,
    /// Question 7: the reply to a change that waits for approval.
    pub waiting_change: WaitingChange,
    /// Question 7: what happens to a change of a user who already has a waiting change.
    pub further_change: FurtherChange,
    /// Question 8: the shape of `object` in the reply of `registerOfflineToken`.
    pub offline_key: OfflineKey,
    /// Question 10: the unit of `timestamp` in `registerCertificate`.
    pub timestamp: Timestamp,
}

impl OpenAnswers {
    /// Changes the answers that the JSON object names.
    ///
    /// # Errors
    /// A name or a value is unknown.
    pub fn with(self, changes: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let mut answers = json!(self);
        for (name, value) in changes {
            answers[name] = value;
        }
        serde_json::from_value(answers)
    }
}

/// Declares the possible answers to a question; the first one is the default.
macro_rules! answers {
    ($($(#[$doc:meta])* $name:ident { $(#[$first_doc:meta])* $first:ident, $($(#[$other_doc:meta])* $other:ident,)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub enum $name {
                $(#[$first_doc])*
                #[default]
                $first,
                $($(#[$other_doc])* $other,)*
            }
        )*
    };
}

answers! {
    /// What the call `password/resetbyusername` does.
    PasswordReset {
        /// It sets the password.
        Supported,
        /// It sets the password, and the user must change it at the next login.
        MustChange,
        /// The call does not exist: HTTP 404.
        Unsupported,
    }

    /// The effect of `""` in `updateUser`.
    EmptyText {
        /// The value does not change.
        Keep,
        /// The value is erased.
        Erase,
    }

    /// The reply of `updateUser` to the e-mail address of another user.
    UsedEmail {
        /// 22001, as in `createUser`.
        Refused,
        /// 0.
        Accepted,
    }

    /// The effect of `availApps` in `updateUser`.
    AvailApps {
        /// The value replaces the user's app.
        Replace,
        /// The value is added to the user's apps, after a comma.
        Add,
    }

    /// The member of `updateUser` that names the group.
    GroupMember {
        /// `userGroupName`, as the documents say.
        UserGroupName,
        /// `userGroup`, as in `createUser`.
        UserGroup,
    }

    /// The reply to a change that waits for approval.
    WaitingChange {
        /// 0.
        Success,
        /// 22029: here, this code means that the change was accepted for approval.
        PendingApproval,
    }

    /// What happens to a change of a user who already has a waiting change.
    FurtherChange {
        /// It waits, too.
        Waits,
        /// It is refused with 22029.
        Refused,
    }

    /// The shape of `object` in the reply of `registerOfflineToken`.
    OfflineKey {
        /// A string that holds the JSON text `{"key":…}`.
        JsonText,
        /// A JSON object.
        Object,
        /// The key itself as a string.
        PlainText,
    }

    /// The unit of `timestamp` in `registerCertificate`.
    Timestamp {
        /// Milliseconds, as the documents say.
        Milliseconds,
        /// Seconds, as a test tool of the vendor sends.
        Seconds,
    }
}
