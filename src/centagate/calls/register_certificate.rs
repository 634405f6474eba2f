//! `cert/register/pkcs7`: binds a certificate to a user (vendor's API reference; life-cycle facts, section 3.2).

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::Value;

use super::otp_token_status::otp_token_status;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::return_code::Meaning;
use crate::domain::{Base64Signature, DigestAlgorithm, OtpTokenStatus, Username};

/// A certificate to register.
#[derive(Debug)]
pub struct RegisterCertificate {
    /// The user who gets the certificate.
    pub username: Username,
    /// A PKCS#7 message that contains the certificate. No document says what it must sign.
    pub signature: Base64Signature,
    /// The digest algorithm of the signature. CENTAGATE documents no default.
    pub algorithm: Option<DigestAlgorithm>,
    /// The status that the certificate gets.
    pub status: OtpTokenStatus,
}

#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
    signature: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<&'static str>,
    timestamp: String,
    status: &'static str,
}

impl Call for RegisterCertificate {
    const CALL: &'static CallSpec = &CallSpec {
        path: "cert/register/pkcs7",
        connection: ConnectionKind::Shared,
        codes: &[
            (22002, Meaning::UserNotFound),
            (22004, Meaning::UserNotActive),
            (22027, Meaning::OtpTokenAlreadyRegistered),
        ],
        ended_session_codes: &[],
    };

    type Answer = ();

    fn members(&self) -> impl Serialize {
        Members {
            username: self.username.as_str(),
            signature: self.signature.as_str(),
            algorithm: self.algorithm.map(|algorithm| match algorithm {
                DigestAlgorithm::Sha1 => "0",
                DigestAlgorithm::Sha256 => "1",
                DigestAlgorithm::Sha384 => "2",
                DigestAlgorithm::Sha512 => "3",
            }),
            timestamp: timestamp(),
            status: otp_token_status(self.status),
        }
    }

    /// The object is always empty.
    fn decode(_: Value) -> Answer<()> {
        Answer { value: (), is_readable: true }
    }
}

/// The time in milliseconds since 1970. CENTAGATE accepts a difference of five minutes. The unit is documented, but one known
/// client sends seconds.
fn timestamp() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string()
}
