//! `POST /users/{id}/sms-token`: registers a phone number for codes by SMS.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec, TargetLimit};
use super::user_reply::BoundTokenStatusWord;
use crate::api::input::{Body, Input, values};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::RegisterSmsToken;
use crate::domain::{BoundTokenStatus, OtpTokenStatus, Username};

/// A phone number to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct RegisterSmsTokenRequest {
    /// The number of the phone that receives the codes, in the international format.
    #[schema(pattern = r"^\+[1-9][0-9]{6,14}$", example = "+60123456789")]
    phone_number: String,
}

/// A phone number that was registered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegisteredSmsToken)]
struct RegisteredSmsTokenReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The phone number, as requested.
    #[schema(value_type = String, example = "+60123456789")]
    phone_number: &'a str,
    /// The status of the token; null if CENTAGATE sent none that is documented.
    #[schema(required, value_type = Option<BoundTokenStatusWord>)]
    status: Option<&'static str>,
}

impl Operation for RegisterSmsToken {
    const SPEC: &'static Spec = &Spec {
        id: "registerSmsToken",
        label: "register_sms_token",
        method: Method::Post,
        path: "/users/{id}/sms-token",
        scope: Scope::TokensCreate,
        success: 201,
        body: Body::Required,
        stored_as: Some("register_sms_token"),
        target_limit: Some(TargetLimit::TokenRegistrations),
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "`GET /users/{id}` lists the token if it was registered.",
        docs: Docs {
            tag: "Tokens",
            summary: "Register a phone number",
            description: "Registers a phone number at which the user receives codes by SMS. **Whoever has that phone can take \
                          over the account.** A caller whose `otp_token_statuses` lacks `valid` may not register one. The \
                          gateway's own admin is never a target.",
            request: Some(Content {
                description: "The phone number to register. Unknown members are rejected.",
                example: r#"{ "phoneNumber": "+60123456789" }"#,
                schema: Schema::of::<RegisterSmsTokenRequest>(),
            }),
            success: "The phone number was registered",
            reply: Some(Content {
                description: "The phone number that was registered.",
                example: r#"{ "username": "alice", "phoneNumber": "+60123456789", "status": "active" }"#,
                schema: Schema::of::<RegisteredSmsTokenReply<'_>>(),
            }),
            has_location: false,
            fault: ("/phoneNumber", "must be + and 7 to 15 digits, of which the first is not 0"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let username = input.username_in_path();
        let phone_number = input.required("phoneNumber", values::phone_number);
        Some(Self { username: username?, phone_number: phone_number? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    /// The token can be used at once.
    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        caller.allows_otp_token_status(OtpTokenStatus::Valid)
    }

    fn reply(&self, status: Option<BoundTokenStatus>) -> Reply {
        Reply::json(&RegisteredSmsTokenReply {
            username: self.username.as_str(),
            phone_number: self.phone_number.as_str(),
            status: status.map(BoundTokenStatus::as_str),
        })
    }
}
