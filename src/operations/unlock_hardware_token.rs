//! `POST /users/{id}/hardware-token/unlock`: unlocks a user's OTP token.

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Docs, Method, Spec};
use crate::api::input::{Body, Input};
use crate::callers::Scope;
use crate::centagate::UnlockHardwareToken;
use crate::domain::Username;

impl Operation for UnlockHardwareToken {
    const SPEC: &'static Spec = &Spec {
        id: "unlockHardwareToken",
        label: "unlock_hardware_token",
        method: Method::Post,
        path: "/users/{id}/hardware-token/unlock",
        scope: Scope::TokensUpdate,
        success: 204,
        body: Body::Optional,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again: 204 and `token_not_locked` both mean that the token is unlocked.",
        docs: Docs {
            tag: "Tokens",
            summary: "Unlock an OTP token",
            description: "Unlocks the user's OTP token, for example after too many wrong codes: a hardware token, or a software \
                          token that was imported in the same way. This also undoes the lock that stops guessing, so find out \
                          why the token was locked. The request needs no body; an empty object is accepted.",
            request: None,
            success: "The token is unlocked",
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
