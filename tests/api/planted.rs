//! Planted secrets, and a search for them in every encoding.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use centagate_simulator::{Admin, cen_token};

use crate::callers;
use crate::callers::scopes;
use crate::environment::Environment;
use crate::reply::Reply;

pub(crate) const AUTH_TOKEN: &str = "Pl4nted/Auth+T0ken/qz==";
pub(crate) const SECRET_CODE: &str = "pl4nted s3cret c0de;<&>/ü";
/// The key of the caller `planted`, which has every scope.
pub(crate) const CALLER_KEY: &str = "pl4nted-caller+key/~%41";
/// The secrets in CENTAGATE's reply to a successful call. Only the caller's own reply may contain them.
pub(crate) const PASSCODE: &str = "70615049382716";
/// The password in the example requests that set one.
pub(crate) const PASSWORD: &str = "Pl4nted-passw0rd+/;<&>%ü";
/// The codes in the example requests that send two.
pub(crate) const CODES: [&str; 2] = ["Pl4ntedC0de1", "Pl4ntedC0de2"];
pub(crate) const QR: &str = "otpauth://totp/pl4nted?secret=QRPL4NTEDQR";
pub(crate) const PROVISIONING_KEY: &str = "Pl4ntedPr0visi0ningKey/+==";

/// The members of replies that hold secrets, with their planted values.
const SECRET_MEMBERS: [(&str, &str); 3] = [("passcode", PASSCODE), ("qr", QR), ("provisioningKey", PROVISIONING_KEY)];

/// The admin, whose session is planted.
pub(crate) fn admin() -> Admin {
    Admin { username: "admin".into(), auth_token: AUTH_TOKEN.into(), secret_code: SECRET_CODE.into() }
}

/// All planted secrets, and the cenToken that is computed from them.
pub(crate) fn secrets() -> [String; 10] {
    let cen_token = cen_token("admin", AUTH_TOKEN, SECRET_CODE);
    let [code, other] = CODES;
    [AUTH_TOKEN, SECRET_CODE, &cen_token, CALLER_KEY, PASSCODE, QR, PROVISIONING_KEY, PASSWORD, code, other]
        .map(str::to_owned)
}

/// The text of a successful reply without the secrets that the caller receives. There must be at least one.
#[track_caller]
pub(crate) fn without_handed_over_secrets(reply: &Reply) -> String {
    let body = reply.json();
    let handed_over = || SECRET_MEMBERS.iter().filter(|(member, _)| body.get(*member).is_some());
    assert!(handed_over().count() > 0, "{body}");
    handed_over().fold(reply.text(), |text, (member, secret)| {
        assert_eq!(body[*member], *secret, "{body}");
        text.replace(secret, "")
    })
}

/// Every encoding of `secret` that a text could contain.
pub(crate) fn spellings(secret: &str) -> Vec<String> {
    let encoded = hex::encode_upper(secret)
        .as_bytes()
        .chunks(2)
        .fold(String::new(), |encoded, byte| encoded + "%" + std::str::from_utf8(byte).unwrap());
    let sparse = centagate_gateway::centagate::percent_encode_segment(secret);
    let json = serde_json::to_string(secret).unwrap().trim_matches('"').to_owned();
    let base64 = STANDARD_NO_PAD.encode(secret);
    vec![
        secret.to_owned(),
        secret.to_lowercase(),
        hex::encode(secret),
        hex::encode_upper(secret),
        STANDARD.encode(secret),
        // The last digit depends on the following byte.
        base64[..base64.len() - 1].to_owned(),
        URL_SAFE.encode(secret),
        encoded.to_lowercase(),
        encoded,
        sparse.to_lowercase(),
        sparse,
        format!("{secret:?}").trim_matches('"').to_owned(),
        json,
    ]
}

/// Checks that `text` contains none of the secrets.
#[track_caller]
pub(crate) fn expect_clean(text: &str, what: &str) {
    for secret in secrets() {
        for spelling in spellings(&secret) {
            assert!(!text.contains(&spelling), "{spelling} appears in {what}: {text}");
        }
    }
}

/// An environment with all secrets planted and the most verbose log.
pub(crate) fn environment(base_url: &str, format: &str) -> Environment {
    let environment = Environment::new(base_url, &admin());
    environment.write("callers.toml", callers::block("planted", CALLER_KEY, &scopes(), ""));
    environment.set("GATEWAY__TELEMETRY__LOG_FILTER", "trace").set("GATEWAY__TELEMETRY__LOG_FORMAT", format)
}
