//! `PUT /users/{id}/status`: activates or deactivates a user.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::{AuditMembers, Operation};
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec};
use crate::api::input::{Body, Input, values};
use crate::callers::Scope;
use crate::centagate::SetUserStatus;
use crate::domain::{UserStatus, Username};

/// The status that a user gets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct SetUserStatusRequest {
    /// The status.
    #[schema(example = "inactive")]
    status: UserStatusWord,
}

/// Whether a user is active. An inactive user cannot log in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserStatus)]
enum UserStatusWord {
    Active,
    Inactive,
}

impl Operation for SetUserStatus {
    const SPEC: &'static Spec = &Spec {
        id: "setUserStatus",
        label: "set_user_status",
        method: Method::Put,
        path: "/users/{id}/status",
        scope: Scope::UsersStatus,
        success: 204,
        body: Body::Required,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again: the user then has the requested status.",
        docs: Docs {
            tag: "Users",
            summary: "Activate or deactivate a user",
            description: "Activates or deactivates a user. This does not change the user's tokens. Nothing in CENTAGATE shows \
                          the status, so there is no GET for it. After an unknown outcome, do not send the opposite status \
                          for a minute: the first request could still arrive after the second.",
            request: Some(Content {
                description: "The status that the user gets. Unknown members are rejected.",
                example: r#"{ "status": "inactive" }"#,
                schema: Schema::of::<SetUserStatusRequest>(),
            }),
            success: "The user has the requested status",
            reply: None,
            has_location: false,
            fault: ("/status", "must be one of active, inactive"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let username = input.username_in_path();
        let status = input.required("status", values::word(UserStatus::from_word, "active, inactive"));
        Some(Self { username: username?, status: status? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn audit(&self) -> AuditMembers {
        vec![("requested_status", json!(self.status.as_str()))]
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}
