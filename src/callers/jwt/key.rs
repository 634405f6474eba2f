//! The public keys that verify tokens.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use curve25519_dalek::edwards::CompressedEdwardsY;
use serde::Deserialize;
use serde_json::Value;

use super::algorithm::Algorithm;

/// The accepted sizes of an RSA modulus, in bits (RFC 7518, section 3.3: at least 2048).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// The accepted sizes of an RSA exponent, in bits. With the exponent 1, anyone could sign. The library supports at most 33 bits.
const RSA_EXPONENT_BITS: std::ops::RangeInclusive<usize> = 2..=33;

/// The size of a coordinate on P-256, and of an Ed25519 key.
const COORDINATE_BYTES: usize = 32;

/// Accepts padding and unused bits that are set: some issuers produce them, although RFC 7515 forbids both.
const LENIENT_BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A public key and its algorithm. The algorithm depends on the key, never on the token (RFC 8725, section 3.1).
#[derive(Debug)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    public: ParsedPublicKey,
}

/// The relevant members of a JWK (RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2). A missing member is null.
/// Other members, such as `x5c`, can have any type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Jwk {
    pub(super) kid: Value,
    kty: Value,
    alg: Value,
    r#use: Value,
    key_ops: Value,
    crv: Value,
    n: Value,
    e: Value,
    x: Value,
    y: Value,
}

impl Key {
    /// Creates a key from a JWK. The error says why the key cannot verify tokens.
    pub(super) fn read(jwk: &Jwk) -> Result<Self, &'static str> {
        if !jwk.r#use.is_null() && jwk.r#use != "sig" {
            return Err("its use is not sig");
        }
        let verifies = |operations: &Vec<Value>| operations.iter().any(|operation| operation == "verify");
        if !jwk.key_ops.is_null() && !jwk.key_ops.as_array().is_some_and(verifies) {
            return Err("its key_ops do not include verify");
        }
        let key = match (jwk.kty.as_str(), jwk.crv.as_str()) {
            (Some("RSA"), _) => rsa(jwk),
            (Some("EC"), Some("P-256")) => p256(jwk),
            (Some("OKP"), Some("Ed25519")) => ed25519(jwk),
            _ => Err("its type is not supported; RSA, EC with P-256 and OKP with Ed25519 are"),
        }?;
        if !jwk.alg.is_null() && jwk.alg.as_str().and_then(Algorithm::from_word) != Some(key.algorithm) {
            return Err("its alg is not supported for its type; RS256, ES256 and EdDSA are");
        }
        Ok(key)
    }

    /// Verifies a signature of `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }

    /// Returns whether both are the same public key.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.public.as_ref() == other.public.as_ref()
    }
}

fn rsa(jwk: &Jwk) -> Result<Key, &'static str> {
    let (n, e) = number(&jwk.n).zip(number(&jwk.e)).ok_or("its n or e cannot be read")?;
    if !RSA_BITS.contains(&bits(&n)) {
        return Err("its RSA modulus has fewer than 2048 or more than 8192 bits");
    }
    if !RSA_EXPONENT_BITS.contains(&bits(&e)) || e.last().is_none_or(|last| last % 2 == 0) {
        return Err("its RSA exponent is not an odd number from 3 to 2^33");
    }
    let public = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
    let public = public.map_err(|_| "its n and e are not an RSA key")?;
    Ok(Key { algorithm: Algorithm::Rs256, public })
}

fn p256(jwk: &Jwk) -> Result<Key, &'static str> {
    let (x, y) = coordinate(&jwk.x).zip(coordinate(&jwk.y)).ok_or("its x or y cannot be read")?;
    let uncompressed = [&[4][..], &x, &y].concat();
    let public =
        ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, uncompressed).map_err(|_| "it is not a point on P-256")?;
    Ok(Key { algorithm: Algorithm::Es256, public })
}

/// Rejects points of small order, because they verify forged signatures.
fn ed25519(jwk: &Jwk) -> Result<Key, &'static str> {
    let bytes: [u8; COORDINATE_BYTES] = decode(&jwk.x).and_then(|x| x.try_into().ok()).ok_or("its x cannot be read")?;
    let point = CompressedEdwardsY(bytes).decompress().ok_or("it is not a point on Ed25519")?;
    if point.is_small_order() {
        return Err("it is an Ed25519 key of small order");
    }
    let public = ParsedPublicKey::new(&ED25519, bytes).map_err(|_| "its x cannot be read")?;
    Ok(Key { algorithm: Algorithm::Ed25519, public })
}

fn decode(value: &Value) -> Option<Vec<u8>> {
    LENIENT_BASE64URL.decode(value.as_str()?).ok()
}

/// Decodes a big-endian number. Removes leading zeros: some issuers add them, although RFC 7518, section 2 forbids them.
fn number(value: &Value) -> Option<Vec<u8>> {
    let bytes = decode(value)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec()).filter(|number| !number.is_empty())
}

/// Decodes a coordinate. Restores leading zeros: some issuers omit them, although RFC 7518, section 6.2.1.2 forbids that.
fn coordinate(value: &Value) -> Option<[u8; COORDINATE_BYTES]> {
    let number = number(value)?;
    let mut coordinate = [0; COORDINATE_BYTES];
    coordinate.get_mut(COORDINATE_BYTES.checked_sub(number.len())?..)?.copy_from_slice(&number);
    Some(coordinate)
}

/// Returns the length in bits of a big-endian number without leading zeros.
fn bits(number: &[u8]) -> usize {
    number.len() * 8 - number.first().map_or(0, |first| first.leading_zeros() as usize)
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
