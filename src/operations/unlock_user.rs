//! `POST /users/{id}/unlock`: unlocks a user.

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Docs, Method, Spec};
use crate::api::input::{Body, Input};
use crate::callers::Scope;
use crate::centagate::UnlockUser;
use crate::domain::Username;

impl Operation for UnlockUser {
    const SPEC: &'static Spec = &Spec {
        id: "unlockUser",
        label: "unlock_user",
        method: Method::Post,
        path: "/users/{id}/unlock",
        scope: Scope::UsersStatus,
        success: 204,
        body: Body::Optional,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again: 204 and `user_not_locked` both mean that the user is unlocked.",
        docs: Docs {
            tag: "Users",
            summary: "Unlock a user",
            description: "Unlocks a user whom CENTAGATE has locked, for example after too many wrong codes. This also undoes the \
                          lock that stops guessing, so find out why the user was locked. The request needs no body; an empty \
                          object is accepted.",
            request: None,
            success: "The user is unlocked",
            reply: None,
            has_location: false,
            fault: ("id", "must be percent-encoded UTF-8"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        Some(Self { username: input.username_in_path()? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}
