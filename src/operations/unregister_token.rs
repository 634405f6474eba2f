//! `DELETE /users/{id}/tokens/{kind}`: removes a user's token.

use super::configuration::UserSettings;
use super::operation::{AuditMembers, Operation};
use super::reply::Reply;
use super::spec::{Docs, Method, Spec};
use crate::api::input::{Body, Input};
use crate::callers::Scope;
use crate::centagate::UnregisterToken;
use crate::domain::Username;

impl Operation for UnregisterToken {
    const SPEC: &'static Spec = &Spec {
        id: "unregisterToken",
        label: "unregister_token",
        method: Method::Delete,
        path: "/users/{id}/tokens/{kind}",
        scope: Scope::TokensDelete,
        success: 204,
        body: Body::Forbidden,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again: 204 and `token_not_found` both mean that the token is unregistered.",
        docs: Docs {
            tag: "Tokens",
            summary: "Unregister a token",
            description: "Removes the user's token of this kind. The user then has one second factor less, and may be unable to log \
                          in. No document says which kind stands for a hardware OTP token, or whether any kind does: unregister \
                          such a token in CENTAGATE's console. The request must have no body.",
            request: None,
            success: "The token is unregistered",
            reply: None,
            has_location: false,
            fault: ("kind", "must be one of mobile, sms, challenge, pki"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let (username, kind) = (input.username_in_path(), input.token_kind_in_path());
        Some(Self { username: username?, kind: kind? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn audit(&self) -> AuditMembers {
        vec![("kind", self.kind.as_str().into())]
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}
