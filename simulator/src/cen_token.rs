//! The HMAC of CENTAGATE, and the cenToken that an admin makes with it.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The cenToken: lower-case hex HMAC-SHA256 over admin username + authToken with the secretCode as key (both API pages).
pub fn cen_token(admin_username: &str, auth_token: &str, secret_code: &str) -> String {
    hmac_hex(secret_code, &[admin_username, auth_token])
}

/// Lower-case hex HMAC-SHA256 over the concatenated parts.
pub(crate) fn hmac_hex<T: AsRef<str>>(key: &str, parts: &[T]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("any length of key");
    for part in parts {
        mac.update(part.as_ref().as_bytes());
    }
    hex::encode(mac.finalize().into_bytes())
}
