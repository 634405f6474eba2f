//! `POST /users/{id}/otp-token`: registers an OTP token.

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec, TargetLimit};
use crate::api::input::{Body, Input, values};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::{RegisterOtpToken, RegisteredOtpToken};
use crate::domain::{OtpTokenStatus, Username, ValiditySeconds};

/// An OTP token to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct RegisterOtpTokenRequest {
    /// The status that the token gets.
    status: OtpTokenStatusWord,
    /// How long the passcode is valid, in seconds. CENTAGATE's default is 300.
    #[schema(minimum = 1, maximum = 86400, example = 600)]
    validity_seconds: Option<u32>,
}

/// The status of an OTP token.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OtpTokenStatus)]
pub(super) enum OtpTokenStatusWord {
    /// The user has not activated the token yet.
    Pending,
    /// The token can be used.
    Valid,
    /// The token is deactivated for a while.
    TemporarilyDeactivated,
    /// The token is deactivated.
    Deactivated,
}

/// An OTP token that was registered. `passcode` and `qr` are secrets: with them, anyone can activate CENTAGATE's mobile app
/// for the user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegisteredOtpToken)]
struct RegisteredOtpTokenReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The status of the token.
    #[schema(value_type = OtpTokenStatusWord)]
    status: &'static str,
    /// How long the passcode is valid, in seconds, as requested; null if the request did not state it.
    #[schema(required, example = 600)]
    validity_seconds: Option<u32>,
    /// The passcode that activates CENTAGATE's mobile app; null if CENTAGATE sent none.
    #[schema(required, value_type = Option<String>, format = Password, example = "482913")]
    passcode: Option<&'a str>,
    /// The content of the QR code that activates CENTAGATE's mobile app; null if CENTAGATE sent none.
    #[schema(required, value_type = Option<String>, format = Password, example = "wtxIcRUTPbf4B/Sm4NZcR7+xlyq2+A6Z")]
    qr: Option<&'a str>,
}

impl Operation for RegisterOtpToken {
    const SPEC: &'static Spec = &Spec {
        id: "registerOtpToken",
        label: "register_otp_token",
        method: Method::Post,
        path: "/users/{id}/otp-token",
        scope: Scope::OtpTokensCreate,
        success: 201,
        body: Body::Required,
        stored_as: Some("register_one_time_pin"),
        target_limit: Some(TargetLimit::TokenRegistrations),
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: true,
        settle: "`GET /users/{id}` lists the token if it was registered. A passcode that was lost cannot be read again.",
        docs: Docs {
            tag: "OTP tokens",
            summary: "Register an OTP token",
            description: "Registers an OTP token for an active user and returns a passcode and a QR code. All evidence suggests that \
                          they activate CENTAGATE's mobile app for the user. **Anyone who holds them can bind their own device \
                          and take over the account**, so treat them like a password. The gateway's own admin is never a target.",
            request: Some(Content {
                description: "The token to register. Unknown members are rejected.",
                example: r#"{ "status": "valid", "validitySeconds": 600 }"#,
                schema: Schema::of::<RegisterOtpTokenRequest>(),
            }),
            success: "The token was registered",
            reply: Some(Content {
                description: "The token that was registered.",
                example: r#"{
                    "username": "alice",
                    "status": "valid",
                    "validitySeconds": 600,
                    "passcode": "482913",
                    "qr": "wtxIcRUTPbf4B/Sm4NZcR7+xlyq2+A6Z"
                }"#,
                schema: Schema::of::<RegisteredOtpTokenReply<'_>>(),
            }),
            has_location: false,
            fault: ("/status", "must be one of pending, valid, temporarilyDeactivated, deactivated"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let username = input.username_in_path();
        let words = "pending, valid, temporarilyDeactivated, deactivated";
        let status = input.required("status", values::word(OtpTokenStatus::from_word, words));
        let expectation = "must be a whole number from 1 to 86400";
        let validity = input.optional("validitySeconds", values::integer(ValiditySeconds::new, expectation));
        Some(Self { username: username?, status: status?, validity })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        caller.allows_otp_token_status(self.status)
    }

    fn reply(&self, token: RegisteredOtpToken) -> Reply {
        let body = RegisteredOtpTokenReply {
            username: self.username.as_str(),
            status: self.status.as_str(),
            validity_seconds: self.validity.map(ValiditySeconds::get),
            passcode: token.passcode.as_ref().map(ExposeSecret::expose_secret),
            qr: token.qr.as_ref().map(ExposeSecret::expose_secret),
        };
        let has_secrets = body.passcode.is_some() || body.qr.is_some();
        let validity = self.validity.unwrap_or(ValiditySeconds::DEFAULT).duration();
        Reply { secrets_valid_for: has_secrets.then_some(validity), ..Reply::json(&body) }
    }
}
