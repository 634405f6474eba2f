//! The proof of a session.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The cenToken: lower-case hex HMAC-SHA256 with the secretCode as key over admin username + authToken (both API pages).
pub fn cen_token(admin_username: &str, auth_token: &str, secret_code: &str) -> String {
    signature(secret_code, &[admin_username, auth_token])
}

/// Lower-case hex HMAC-SHA256 over the parts, one after the other.
pub(crate) fn signature(key: &str, parts: &[&str]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length of key");
    for part in parts {
        mac.update(part.as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}
