use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value};

/// The sizes of an RSA modulus that are taken, in bits (RFC 7518, section 3.3: at least 2048).
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A public key and the one algorithm that it checks signatures with (RFC 8725, section 3.1): the key decides, never the
/// token.
#[derive(Debug)]
pub(super) struct Key {
    algorithm: Algorithm,
    decoding: DecodingKey,
}

/// The keys of a JWK set that can be used, found by their `kid`.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashMap<String, Arc<Key>>);

/// A key of the set that is left out, and why; it holds nothing but the key's place in the set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    place: usize,
    reason: &'static str,
}

impl Key {
    /// The only `alg` that a token of this key may name.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::RS256 => "RS256",
            Algorithm::ES256 => "ES256",
            _ => "EdDSA",
        }
    }

    /// Whether `signature`, in base64url, is this key's for `message`.
    pub(super) fn verifies(&self, message: &str, signature: &str) -> bool {
        crypto::verify(signature, message.as_bytes(), &self.decoding, self.algorithm).unwrap_or(false)
    }

    /// Reads a JWK (RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2).
    fn read(jwk: &Map<String, Value>) -> Result<Self, &'static str> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).and_then(|value| URL_SAFE_NO_PAD.decode(value).ok());
        let (algorithm, word, decoding) = match (text("kty"), text("crv")) {
            (Some("RSA"), _) => {
                let (n, e) = bytes("n").zip(bytes("e")).ok_or("n or e cannot be read")?;
                if !RSA_BITS.contains(&bits(&n)) {
                    return Err("the RSA modulus has fewer than 2048 bits, or more than 8192");
                }
                if !(2..=64).contains(&bits(&e)) || e.last().is_none_or(|last| last % 2 == 0) {
                    return Err("the RSA exponent cannot be one");
                }
                (Algorithm::RS256, "RS256", Ok(DecodingKey::from_rsa_raw_components(&n, &e)))
            }
            (Some("EC"), Some("P-256")) => {
                let coordinate = |name| text(name).filter(|_| bytes(name).is_some_and(|bytes| bytes.len() == 32));
                let (x, y) = coordinate("x").zip(coordinate("y")).ok_or("x or y cannot be read")?;
                (Algorithm::ES256, "ES256", DecodingKey::from_ec_components(x, y))
            }
            (Some("OKP"), Some("Ed25519")) => {
                let x = text("x").filter(|_| bytes("x").is_some_and(|bytes| bytes.len() == 32));
                (Algorithm::EdDSA, "EdDSA", DecodingKey::from_ed_components(x.ok_or("x cannot be read")?))
            }
            _ => return Err("its type is none of RSA, EC on P-256 and OKP on Ed25519"),
        };
        if jwk.get("alg").is_some_and(|alg| alg.as_str() != Some(word)) {
            return Err("its alg is not the one of RS256, ES256 and EdDSA that fits its type");
        }
        if jwk.get("use").is_some_and(|usage| usage.as_str() != Some("sig")) {
            return Err("its use is not sig");
        }
        let verify = |operations: &Vec<Value>| operations.iter().any(|operation| operation == "verify");
        if jwk.get("key_ops").is_some_and(|operations| !operations.as_array().is_some_and(verify)) {
            return Err("its key_ops are without verify");
        }
        Ok(Self { algorithm, decoding: decoding.map_err(|_| "it cannot be read")? })
    }
}

impl Keys {
    /// Reads a JWK set (RFC 7517, section 5). Keys that cannot be used are left out and named; two with one `kid` are
    /// ambiguous, so both are.
    ///
    /// # Errors
    /// If it is no set, or no key of it can be used; the fault holds no value.
    pub(super) fn parse(text: &[u8]) -> Result<(Self, Vec<Dropped>), &'static str> {
        let set: Map<String, Value> = serde_json::from_slice(text).map_err(|_| "expected a JWK set in JSON")?;
        let jwks = set.get("keys").and_then(Value::as_array).ok_or("expected a JWK set with an array of keys")?;
        let mut keys: HashMap<String, Option<Arc<Key>>> = HashMap::new();
        let mut dropped = Vec::new();
        for (index, jwk) in jwks.iter().enumerate() {
            let mut drop = |reason| dropped.push(Dropped { place: index + 1, reason });
            let Some(jwk) = jwk.as_object() else {
                drop("it is not an object");
                continue;
            };
            let Some(kid) = jwk.get("kid").and_then(Value::as_str) else {
                drop("it has no kid");
                continue;
            };
            match (Key::read(jwk), keys.entry(kid.to_owned())) {
                (Err(reason), _) => drop(reason),
                (Ok(_), Entry::Occupied(mut first)) => {
                    first.insert(None);
                    drop("another key has the same kid: neither is used");
                }
                (Ok(key), Entry::Vacant(place)) => {
                    place.insert(Some(Arc::new(key)));
                }
            }
        }
        let keys: HashMap<_, _> = keys.into_iter().filter_map(|(kid, key)| Some((kid, key?))).collect();
        if keys.is_empty() {
            return Err(
                "expected at least one key that can be used: RSA of 2048 bits or more, P-256 or Ed25519, with a \
                        kid of its own",
            );
        }
        Ok((Self(keys), dropped))
    }

    /// The key called `kid`.
    pub(super) fn find(&self, kid: &str) -> Option<Arc<Key>> {
        self.0.get(kid).map(Arc::clone)
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key number {}: {}", self.place, self.reason)
    }
}

/// The length of the big-endian number `bytes`.
fn bits(bytes: &[u8]) -> usize {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let first = bytes.get(zeros).map_or(0, |first| first.leading_zeros() as usize);
    (bytes.len() - zeros) * 8 - first
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
