//! `POST /users/{id}/offline-token`: registers an OTP token whose key the caller delivers.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec, TargetLimit};
use crate::api::input::{Body, Input};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::RegisterOfflineToken;
use crate::domain::{OtpTokenStatus, Username};

/// How long a retry can get the provisioning key. The key itself does not expire.
const KEY_IS_STORED_FOR: Duration = Duration::from_secs(300);

/// An offline token that was registered. `provisioningKey` is a secret: with it, anyone can generate the user's codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegisteredOfflineToken)]
struct RegisteredOfflineTokenReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The key from which the token generates codes, exactly as CENTAGATE sent it; null if CENTAGATE sent none.
    #[schema(required, value_type = Option<String>, format = Password, example = "q7m1Zr0T5cVb0x3sK9dJp2LwYhE=")]
    provisioning_key: Option<&'a str>,
}

impl Operation for RegisterOfflineToken {
    const SPEC: &'static Spec = &Spec {
        id: "registerOfflineToken",
        label: "register_offline_token",
        method: Method::Post,
        path: "/users/{id}/offline-token",
        scope: Scope::TokensCreate,
        success: 201,
        body: Body::Optional,
        stored_as: Some("register_offline_token"),
        target_limit: Some(TargetLimit::TokenRegistrations),
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: true,
        settle: "`GET /users/{id}` lists the token if it was registered. A key that was lost cannot be read again: unregister \
                 the token in CENTAGATE's console, then register a new one.",
        docs: Docs {
            tag: "Tokens",
            summary: "Register an offline token",
            description: "Registers an OTP token and returns its provisioning key, which you deliver to the user. The token is active \
                          at once. **Anyone who holds the key can generate the user's codes**, so treat it like a password. No \
                          document states the format of the key: it is passed on exactly as CENTAGATE sends it. A caller whose \
                          `otp_token_statuses` lacks `valid` may not register one. The gateway's own admin is never a target. \
                          The request needs no body; an empty object is accepted.",
            request: None,
            success: "The token was registered",
            reply: Some(Content {
                description: "The token that was registered.",
                example: r#"{ "username": "alice", "provisioningKey": "q7m1Zr0T5cVb0x3sK9dJp2LwYhE=" }"#,
                schema: Schema::of::<RegisteredOfflineTokenReply<'_>>(),
            }),
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

    /// The token can be used at once.
    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        caller.allows_otp_token_status(OtpTokenStatus::Valid)
    }

    fn reply(&self, key: Option<SecretString>) -> Reply {
        let body = RegisteredOfflineTokenReply {
            username: self.username.as_str(),
            provisioning_key: key.as_ref().map(ExposeSecret::expose_secret),
        };
        Reply { secrets_valid_for: key.is_some().then_some(KEY_IS_STORED_FOR), ..Reply::json(&body) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_retry_gets_the_key_for_five_minutes() {
        let token = RegisterOfflineToken { username: Username::parse("alice").expect("a user name") };
        assert_eq!(token.reply(Some("key".into())).secrets_valid_for, Some(Duration::from_secs(300)));
        assert_eq!(token.reply(None).secrets_valid_for, None);
    }
}
