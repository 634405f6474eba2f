//! `POST /users/{id}/hardware-token/sync`: synchronises a user's OTP token.

use serde::Deserialize;
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec, TargetLimit};
use crate::api::input::{Body, Input, values};
use crate::callers::Scope;
use crate::centagate::SyncHardwareToken;
use crate::domain::Username;

/// The codes that synchronise a token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct SyncHardwareTokenRequest {
    /// Two different, consecutive codes of the token, the older one first.
    #[schema(min_items = 2, max_items = 2, example = json!(["123456", "654321"]))]
    codes: Vec<OneTimeCodeText>,
}

/// A code that the token shows.
#[derive(Deserialize, ToSchema)]
#[schema(as = OneTimeCode, min_length = 4, max_length = 16, pattern = "^[0-9A-Za-z]{4,16}$", example = "123456")]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct OneTimeCodeText(String);

impl Operation for SyncHardwareToken {
    const SPEC: &'static Spec = &Spec {
        id: "syncHardwareToken",
        label: "sync_hardware_token",
        method: Method::Post,
        path: "/users/{id}/hardware-token/sync",
        scope: Scope::TokensUpdate,
        success: 204,
        body: Body::Required,
        stored_as: None,
        target_limit: Some(TargetLimit::Codes),
        enabled_by: None,
        checks_credential: true,
        replies_with_secret: false,
        settle: "Ask the user for two new codes and send those. Do not send the same codes again.",
        docs: Docs {
            tag: "Tokens",
            summary: "Synchronise an OTP token",
            description: "Synchronises CENTAGATE with the clock or counter of the user's OTP token: a hardware token, or a \
                          software token that was imported in the same way. The codes are two that the token shows one after the \
                          other. CENTAGATE may count codes that do not match as a failed attempt. The gateway limits the requests \
                          per caller and user.",
            request: Some(Content {
                description: "The codes. Unknown members are rejected.",
                example: r#"{ "codes": ["123456", "654321"] }"#,
                schema: Schema::of::<SyncHardwareTokenRequest>(),
            }),
            success: "The token is synchronised",
            reply: None,
            has_location: false,
            fault: ("/codes", "must be two different codes of 4 to 16 ASCII letters and digits"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let username = input.username_in_path();
        let codes = input.required("codes", values::two_codes);
        Some(Self { username: username?, codes: codes? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}
