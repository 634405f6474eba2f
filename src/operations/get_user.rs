//! `GET /users/{id}`: looks a user up.

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec};
use super::user_reply::UserReply;
use crate::api::input::{Body, Input};
use crate::callers::Scope;
use crate::centagate::GetUser;
use crate::domain::{UserAuthentication, Username};

impl Operation for GetUser {
    const SPEC: &'static Spec = &Spec {
        id: "getUser",
        label: "get_user",
        method: Method::Get,
        path: "/users/{id}",
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
            tag: "Users",
            summary: "Look up a user",
            description: "Shows whether CENTAGATE has the user, and the user's tokens, certificates and device. Use this request to \
                          find out whether a create with an unknown outcome was executed; wait a minute first, because the \
                          create may still be running. Members are null if CENTAGATE sent no value. Values that CENTAGATE does \
                          not document become the word `unknown`. The gateway's own admin is never a target. The route also \
                          answers HEAD, and ignores a body.",
            request: None,
            success: "The user exists",
            reply: Some(Content {
                description: "The user.",
                example: r#"{
                    "username": "alice",
                    "tokens": [{ "serialNumber": "2601000042", "type": "otp", "status": "active" }],
                    "certificates": [{
                        "serialNumber": "4F1C9A02",
                        "fingerprint": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
                        "subject": "CN=Alice Archer,O=Example",
                        "issuer": "CN=Example CA,O=Example",
                        "revoked": false,
                        "validFrom": "2026-01-31 00:00:00",
                        "validTo": "2028-01-31 00:00:00"
                    }],
                    "device": { "name": "Alice's phone", "model": "Pixel 9", "os": "Android 16", "status": "active" }
                }"#,
                schema: Schema::of::<UserReply<'_>>(),
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

    fn reply(&self, user: UserAuthentication) -> Reply {
        Reply::json(&UserReply::new(&self.username, &user))
    }
}
