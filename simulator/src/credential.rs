//! Fresh random secrets in the formats of `wire-facts.md` sections 2.1 and 2.3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const ALPHANUMERICS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// An authToken: base64 of 32 random bytes.
pub fn auth_token() -> String {
    STANDARD.encode(bytes::<32>())
}

/// A secretCode: 32 alphanumerics.
pub fn secret_code() -> String {
    characters(ALPHANUMERICS, 32)
}

/// The passcode of a mobile token: 8 digits (the documents state no length).
pub fn passcode() -> String {
    characters(b"0123456789", 8)
}

/// The text of a QR code: base64 of 48 random bytes (the documents state no format).
pub fn qr() -> String {
    STANDARD.encode(bytes::<48>())
}

/// The key of an offline token: base64 of 20 random bytes (the documents state no format).
pub fn offline_key() -> String {
    STANDARD.encode(bytes::<20>())
}

/// A password: 16 alphanumerics.
pub fn password() -> String {
    characters(ALPHANUMERICS, 16)
}

/// An integrationKey: 64 hex digits.
pub fn integration_key() -> String {
    hex::encode(bytes::<32>())
}

/// An app's secret key: 12 alphanumerics.
pub fn app_secret_key() -> String {
    characters(ALPHANUMERICS, 12)
}

/// A key for a caller of the gateway: `cgw_` and 64 hex digits.
pub fn caller_key() -> String {
    format!("cgw_{}", hex::encode(bytes::<32>()))
}

/// A key with which the gateway encrypts stored records: 64 hex digits.
pub fn seal_key() -> String {
    hex::encode(bytes::<32>())
}

fn characters(alphabet: &[u8], length: usize) -> String {
    let fair = usize::from(u8::MAX) / alphabet.len() * alphabet.len();
    std::iter::repeat_with(|| usize::from(bytes::<1>()[0]))
        .filter(|byte| *byte < fair)
        .map(|byte| char::from(alphabet[byte % alphabet.len()]))
        .take(length)
        .collect()
}

fn bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}
