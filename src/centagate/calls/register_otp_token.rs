//! `device/register/onetimepin`: registers an OTP token (vendor page "Token Registration (One Time Pin) API").

use secrecy::SecretString;
use serde::Serialize;
use serde_json::Value;

use super::otp_token_status::otp_token_status;
use crate::centagate::call::{Answer, Call, CallSpec};
use crate::centagate::http::ConnectionKind;
use crate::centagate::object;
use crate::centagate::return_code::Meaning;
use crate::domain::{OtpTokenStatus, Username, ValiditySeconds};

/// An OTP token to register.
#[derive(Debug)]
pub struct RegisterOtpToken {
    /// The user who gets the token.
    pub username: Username,
    /// The status that the token gets.
    pub status: OtpTokenStatus,
    /// How long the passcode is valid. CENTAGATE's default is [`ValiditySeconds::DEFAULT`].
    pub validity: Option<ValiditySeconds>,
}

/// The answer to [`RegisterOtpToken`]. Anyone who holds these secrets can activate CENTAGATE's mobile app for the user.
#[derive(Debug)]
pub struct RegisteredOtpToken {
    /// The passcode, if the reply had one.
    pub passcode: Option<SecretString>,
    /// The content of the QR code, if the reply had one.
    pub qr: Option<SecretString>,
}

/// Parameters 1 to 3 of the page; parameter 4 is the cenToken.
#[derive(Serialize)]
struct Members<'a> {
    username: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity: Option<String>,
}

impl Call for RegisterOtpToken {
    const CALL: &'static CallSpec = &CallSpec {
        path: "device/register/onetimepin",
        connection: ConnectionKind::Dedicated,
        codes: &[
            (22002, Meaning::UserNotFound),
            (22004, Meaning::UserNotActive),
            (22027, Meaning::OtpTokenAlreadyRegistered),
        ],
        ended_session_codes: &[],
    };

    type Answer = RegisteredOtpToken;

    fn members(&self) -> impl Serialize {
        Members {
            username: self.username.as_str(),
            status: otp_token_status(self.status),
            validity: self.validity.map(|validity| validity.get().to_string()),
        }
    }

    /// `{"qr", "passcode"}` as JSON text in a string (vendor's API reference 3.2.1.3).
    fn decode(object: Value) -> Answer<RegisteredOtpToken> {
        let mut members = object::Members::of(object);
        let mut secret = |name| members.as_mut()?.secret(name);
        let token = RegisteredOtpToken { passcode: secret("passcode"), qr: secret("qr") };
        Answer { is_readable: token.passcode.is_some() || token.qr.is_some(), value: token }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::{Value, json};

    use super::{RegisterOtpToken, RegisteredOtpToken};
    use crate::centagate::call::Call;

    fn decode(object: Value) -> RegisteredOtpToken {
        RegisterOtpToken::decode(object).value
    }

    #[test]
    fn passcode_and_qr_are_found_in_every_shape_that_is_known_or_likely() {
        let members = json!({"qr": "QR", "passcode": "012345"});
        for object in [
            json!(members.to_string()),
            members.clone(),
            json!([members.clone()]),
            json!(json!([members]).to_string()),
            json!(format!("\u{feff}{members}")),
            json!("{\"qr\":\"QR\",\"passcode\":\"012345\",\"note\":\"two\r\nlines\"}"),
        ] {
            let token = decode(object);
            assert_eq!(token.passcode.as_ref().map(ExposeSecret::expose_secret), Some("012345"));
            assert_eq!(token.qr.as_ref().map(ExposeSecret::expose_secret), Some("QR"));
        }
        let token = decode(json!({"passcode": 123_456, "qr": ""}));
        assert_eq!(token.passcode.as_ref().map(ExposeSecret::expose_secret), Some("123456"));
        assert!(token.qr.is_none());
        for object in
            [json!(null), json!(""), json!("text"), json!("{broken"), json!([]), json!(1), json!({"passcode": {}})]
        {
            let token = decode(object);
            assert!(token.passcode.is_none() && token.qr.is_none());
        }
    }
}
