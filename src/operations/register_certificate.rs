//! `POST /users/{id}/certificates`: registers a certificate.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::{AuditMembers, Operation};
use super::register_otp_token::OtpTokenStatusWord;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec, TargetLimit};
use crate::api::input::{Body, Input, values};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::RegisterCertificate;
use crate::domain::{DigestAlgorithm, OtpTokenStatus, Username};

/// A certificate to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct RegisterCertificateRequest {
    /// A PKCS#7 message with the certificate attached, in base64 with padding (RFC 4648, section 4).
    #[schema(
        min_length = 4,
        max_length = 49152,
        pattern = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)$",
        example = "MIIB+AYJKoZIhvcNAQcC"
    )]
    signature: String,
    /// The digest algorithm of the signature. CENTAGATE documents no default.
    algorithm: Option<DigestAlgorithmWord>,
    /// The status that the certificate gets.
    status: OtpTokenStatusWord,
}

/// The digest algorithm of a signature.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DigestAlgorithm)]
enum DigestAlgorithmWord {
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A certificate that was registered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegisteredCertificate)]
struct RegisteredCertificateReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The status of the certificate, as requested.
    #[schema(value_type = OtpTokenStatusWord)]
    status: &'static str,
}

impl Operation for RegisterCertificate {
    const SPEC: &'static Spec = &Spec {
        id: "registerCertificate",
        label: "register_certificate",
        method: Method::Post,
        path: "/users/{id}/certificates",
        scope: Scope::TokensCreate,
        success: 201,
        body: Body::RequiredUpTo(65_536),
        stored_as: Some("register_certificate"),
        target_limit: Some(TargetLimit::TokenRegistrations),
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "`GET /users/{id}` lists the certificate if it was registered.",
        docs: Docs {
            tag: "Tokens",
            summary: "Register a certificate",
            description: "Registers the certificate in a PKCS#7 message for an active user. **Whoever holds its private key can log \
                          in as the user.** No document says what the message must sign; one known client signs a constant text. \
                          The gateway sends its own clock as the time of the request. The body has at most 64 KiB. \
                          `otp_token_statuses` narrows the status. The gateway's own admin is never a target.",
            request: Some(Content {
                description: "The certificate to register. Unknown members are rejected.",
                example: r#"{ "signature": "MIIB+AYJKoZIhvcNAQcC", "algorithm": "sha256", "status": "valid" }"#,
                schema: Schema::of::<RegisterCertificateRequest>(),
            }),
            success: "The certificate was registered",
            reply: Some(Content {
                description: "The certificate that was registered.",
                example: r#"{ "username": "alice", "status": "valid" }"#,
                schema: Schema::of::<RegisteredCertificateReply<'_>>(),
            }),
            has_location: false,
            fault: ("/signature", "must be base64 with padding, of 4 to 49152 characters"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        let username = input.username_in_path();
        let signature = input.required("signature", values::base64_signature);
        let algorithms = values::word(DigestAlgorithm::from_word, "sha1, sha256, sha384, sha512");
        let algorithm = input.optional("algorithm", algorithms);
        let words = "pending, valid, temporarilyDeactivated, deactivated";
        let status = input.required("status", values::word(OtpTokenStatus::from_word, words));
        Some(Self { username: username?, signature: signature?, algorithm, status: status? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        caller.allows_otp_token_status(self.status)
    }

    fn audit(&self) -> AuditMembers {
        vec![("requested_status", self.status.as_str().into())]
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::json(&RegisteredCertificateReply { username: self.username.as_str(), status: self.status.as_str() })
    }
}
