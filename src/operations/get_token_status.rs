//! `GET /users/{id}/tokens/{kind}`: reads the status of a user's token.

use super::configuration::UserSettings;
use super::operation::{AuditMembers, Operation};
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec};
use super::token_reply::TokenReply;
use crate::api::input::{Body, Input};
use crate::callers::Scope;
use crate::centagate::{GetTokenStatus, Meaning};
use crate::domain::{TokenStatus, Username};

impl Operation for GetTokenStatus {
    const SPEC: &'static Spec = &Spec {
        id: "getTokenStatus",
        label: "get_token_status",
        method: Method::Get,
        path: "/users/{id}/tokens/{kind}",
        scope: Scope::UsersRead,
        success: 200,
        body: Body::Ignored,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again: this request changes nothing.",
        docs: Docs {
            tag: "Tokens",
            summary: "Read the status of a token",
            description: "Shows whether the user has a token of this kind, and its status. A user without one gets 404 \
                          `token_not_found`. No document says which kind stands for a hardware OTP token, or whether any kind \
                          does: `GET /users/{id}` lists all tokens. The route also answers HEAD, and ignores a body.",
            request: None,
            success: "The user has a token of this kind",
            reply: Some(Content {
                description: "The token.",
                example: r#"{ "username": "alice", "kind": "mobile", "status": "valid" }"#,
                schema: Schema::of::<TokenReply<'_>>(),
            }),
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

    fn refusal(&self, status: &Option<TokenStatus>) -> Option<Meaning> {
        status.is_none().then_some(Meaning::TokenNotFound)
    }

    fn reply(&self, status: Option<TokenStatus>) -> Reply {
        let status = status.unwrap_or(TokenStatus::Unknown).as_str();
        Reply::json(&TokenReply { username: self.username.as_str(), kind: self.kind.as_str(), status })
    }
}
