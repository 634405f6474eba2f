//! `PUT /users/{id}/password`: sets a user's password.

use serde::Deserialize;
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec, Switch};
use crate::api::input::{Body, Input, values};
use crate::callers::Scope;
use crate::centagate::SetPassword;
use crate::domain::Username;

/// A password to set.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct SetPasswordRequest {
    /// The new password.
    ///
    /// No control characters (U+0000 to U+001F, U+007F to U+009F); the pattern can express only the ASCII ones.
    #[schema(
        min_length = 1,
        max_length = 128,
        write_only,
        format = Password,
        pattern = r"^[^\x00-\x1f\x7f]+$",
        example = "correct horse battery staple"
    )]
    password: String,
    /// Whether CENTAGATE notifies the user. The default is false.
    #[schema(example = false)]
    notify: Option<bool>,
}

impl Operation for SetPassword {
    const SPEC: &'static Spec = &Spec {
        id: "setPassword",
        label: "set_password",
        method: Method::Put,
        path: "/users/{id}/password",
        scope: Scope::PasswordsSet,
        success: 204,
        body: Body::Required,
        stored_as: None,
        target_limit: None,
        enabled_by: Some(Switch::UndocumentedCalls),
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again: the password is then the requested one. `password_rejected` may mean that it already was.",
        docs: Docs {
            tag: "Users",
            summary: "Set a user's password",
            description: "Sets a user's password, for example after the user was created: creation sets none. Whoever can send \
                          this request can take over the account. No vendor document describes the call to CENTAGATE, so the \
                          operation is off until the operator sets `centagate.undocumented_calls = true`. After an unknown \
                          outcome, do not send another password for a minute: the first request could still arrive after the \
                          second.",
            request: Some(Content {
                description: "The new password. Unknown members are rejected.",
                example: r#"{ "password": "correct horse battery staple", "notify": false }"#,
                schema: Schema::of::<SetPasswordRequest>(),
            }),
            success: "The password was set",
            reply: None,
            has_location: false,
            fault: ("/password", "must have at most 128 characters"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let username = input.username_in_path();
        let password = input.required("password", values::password);
        let notify = input.optional_or("notify", Some(false), values::boolean);
        Some(Self { username: username?, password: password?, notify: notify? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}
