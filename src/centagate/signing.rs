//! The signatures that CENTAGATE requires.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The cenToken of a session: the lowercase hex HMAC-SHA256 of the admin's raw name and the auth token, keyed with the
/// secret code, all in UTF-8 (vendor page "User Registration API", parameter 15).
///
/// It covers neither the body nor a time. It is therefore a bearer credential for the whole session, and a secret.
pub fn cen_token(secret_code: &SecretString, admin_username: &str, auth_token: &SecretString) -> SecretString {
    hmac_hex(secret_code, &[admin_username, auth_token.expose_secret()])
}

/// The lowercase hex HMAC-SHA256 of `parts`, concatenated without a separator and keyed with `key`, all in UTF-8.
pub(super) fn hmac_hex(key: &SecretString, parts: &[&str]) -> SecretString {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes()).into()
}

/// The current time in seconds since 1970, as text (wire facts, section 2.1).
pub(super) fn unix_timestamp() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::cen_token;

    #[track_caller]
    fn assert_token(secret_code: &str, admin_username: &str, auth_token: &str, expected: &str) {
        let token = cen_token(&secret_code.into(), admin_username, &auth_token.into());
        assert_eq!(token.expose_secret(), expected);
    }

    #[test]
    fn the_test_vectors_of_rfc_4231_hold() {
        // Section 4.3, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_token("Jefe", "what do ya want ", "for nothing?", expected);
        assert_token("Jefe", "", "what do ya want for nothing?", expected);
        // Section 4.2, test case 1; its key of 0x0b bytes is text, too.
        let expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
        assert_token(&"\u{b}".repeat(20), "Hi ", "There", expected);
    }

    #[test]
    fn a_signature_matches_openssl() {
        // printf %s 'adminQUJD+/==' | openssl dgst -sha256 -hmac 'k3y'
        assert_token("k3y", "admin", "QUJD+/==", "eb85e0962191ed47706ec604dc4bf7d611625fd9796da982cadc34525fa73072");
    }

    #[test]
    fn names_and_secrets_beyond_ascii_are_signed_as_utf_8() {
        // printf %s 'администратор@例え.jpTökén==' | openssl dgst -sha256 -hmac 'gehéim✓'
        assert_token(
            "gehéim✓",
            "администратор@例え.jp",
            "Tökén==",
            "b17e3ec05c7f839524173ec8335315e56a3bf8450a20fb8d53ac59c890af44e5",
        );
    }
}
