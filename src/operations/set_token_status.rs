//! `PUT /users/{id}/tokens/{kind}/status`: sets the status of a user's token.

use serde::Deserialize;
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::{AuditMembers, Operation};
use super::register_otp_token::OtpTokenStatusWord;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec};
use crate::api::input::{Body, Input, values};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::SetTokenStatus;
use crate::domain::{OtpTokenStatus, Username};

/// The status that a token gets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct SetTokenStatusRequest {
    /// The status that the token gets.
    status: OtpTokenStatusWord,
}

impl Operation for SetTokenStatus {
    const SPEC: &'static Spec = &Spec {
        id: "setTokenStatus",
        label: "set_token_status",
        method: Method::Put,
        path: "/users/{id}/tokens/{kind}/status",
        scope: Scope::TokensUpdate,
        success: 204,
        body: Body::Required,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again: the token then has this status. Do not request the opposite status for a minute, because the \
                 first request may still be running.",
        docs: Docs {
            tag: "Tokens",
            summary: "Set the status of a token",
            description: "Activates or deactivates the user's token of this kind. `valid` makes a pending token usable. A caller \
                          can set only the statuses in which it may register OTP tokens. The status `suspended` cannot be set. \
                          No document says which kind stands for a hardware OTP token, or whether any kind does. Read the \
                          status with `GET /users/{id}/tokens/{kind}`.",
            request: Some(Content {
                description: "The status. Unknown members are rejected.",
                example: r#"{ "status": "temporarilyDeactivated" }"#,
                schema: Schema::of::<SetTokenStatusRequest>(),
            }),
            success: "The token has the status",
            reply: None,
            has_location: false,
            fault: ("/status", "must be one of pending, valid, temporarilyDeactivated, deactivated"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let (username, kind) = (input.username_in_path(), input.token_kind_in_path());
        let words = "pending, valid, temporarilyDeactivated, deactivated";
        let status = input.required("status", values::word(OtpTokenStatus::from_word, words));
        Some(Self { username: username?, kind: kind?, status: status? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        caller.allows_otp_token_status(self.status)
    }

    fn audit(&self) -> AuditMembers {
        vec![("kind", self.kind.as_str().into()), ("requested_status", self.status.as_str().into())]
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}
