//! `POST /users/{id}/hardware-token`: registers a hardware token.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec, TargetLimit};
use super::user_reply::BoundTokenStatusWord;
use crate::api::input::{Body, Input, values};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::RegisterHardwareToken;
use crate::domain::{BoundTokenStatus, OtpTokenStatus, Username};

/// A hardware token to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct RegisterHardwareTokenRequest {
    /// The serial number of a token in CENTAGATE's stock.
    #[schema(min_length = 1, max_length = 64, pattern = "^[!-~]{1,64}$", example = "2601000042")]
    serial_number: String,
}

/// A hardware token that was registered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegisteredHardwareToken)]
struct RegisteredHardwareTokenReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The serial number, as requested.
    #[schema(value_type = String, example = "2601000042")]
    serial_number: &'a str,
    /// The status of the token; null if CENTAGATE sent none that is documented.
    #[schema(required, value_type = Option<BoundTokenStatusWord>)]
    status: Option<&'static str>,
}

impl Operation for RegisterHardwareToken {
    const SPEC: &'static Spec = &Spec {
        id: "registerHardwareToken",
        label: "register_hardware_token",
        method: Method::Post,
        path: "/users/{id}/hardware-token",
        scope: Scope::TokensCreate,
        success: 201,
        body: Body::Required,
        stored_as: Some("register_hardware_token"),
        target_limit: Some(TargetLimit::TokenRegistrations),
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "`GET /users/{id}` lists the token if it was registered.",
        docs: Docs {
            tag: "Tokens",
            summary: "Register a hardware token",
            description: "Binds a hardware token from CENTAGATE's stock to the user. **Whoever has that token gets the user's \
                          codes.** A caller whose `otp_token_statuses` lacks `valid` may not register one. The gateway's own \
                          admin is never a target.",
            request: Some(Content {
                description: "The token to register. Unknown members are rejected.",
                example: r#"{ "serialNumber": "2601000042" }"#,
                schema: Schema::of::<RegisterHardwareTokenRequest>(),
            }),
            success: "The token was registered",
            reply: Some(Content {
                description: "The token that was registered.",
                example: r#"{ "username": "alice", "serialNumber": "2601000042", "status": "active" }"#,
                schema: Schema::of::<RegisteredHardwareTokenReply<'_>>(),
            }),
            has_location: false,
            fault: ("/serialNumber", "must be 1 to 64 visible ASCII characters without spaces"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let username = input.username_in_path();
        let serial_number = input.required("serialNumber", values::serial_number);
        Some(Self { username: username?, serial_number: serial_number? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    /// The token can be used at once.
    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        caller.allows_otp_token_status(OtpTokenStatus::Valid)
    }

    fn reply(&self, status: Option<BoundTokenStatus>) -> Reply {
        Reply::json(&RegisteredHardwareTokenReply {
            username: self.username.as_str(),
            serial_number: self.serial_number.as_str(),
            status: status.map(BoundTokenStatus::as_str),
        })
    }
}
