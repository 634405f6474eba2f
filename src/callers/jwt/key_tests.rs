//! Tests of single keys.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use curve25519_dalek::constants::EIGHT_TORSION;
use serde_json::{Value, json};

use super::{Jwk, Key, bits};
use crate::callers::jwt::algorithm::Algorithm;

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A modulus with this number of bits.
fn modulus(bits: usize) -> Vec<u8> {
    let mut n = vec![0xff; bits.div_ceil(8)];
    n[0] >>= n.len() * 8 - bits;
    n
}

fn rsa(bits: usize) -> Value {
    json!({ "kid": "rsa", "kty": "RSA", "n": encoded(modulus(bits)), "e": "AQAB" })
}

/// A new point on P-256.
fn point() -> (Vec<u8>, Vec<u8>) {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap();
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    (x.to_vec(), y.to_vec())
}

fn ec_of(x: &[u8], y: &[u8]) -> Value {
    json!({ "kid": "ec", "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) })
}

fn ec() -> Value {
    let (x, y) = point();
    ec_of(&x, &y)
}

fn ed_of(bytes: &[u8]) -> Value {
    json!({ "kid": "ed", "kty": "OKP", "crv": "Ed25519", "x": encoded(bytes) })
}

fn ed() -> Value {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    ed_of(Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap().public_key().as_ref())
}

fn with(mut jwk: Value, name: &str, value: impl Into<Value>) -> Value {
    jwk[name] = value.into();
    jwk
}

fn read(jwk: &Value) -> Result<Key, &'static str> {
    Key::read(&serde_json::from_value::<Jwk>(jwk.clone()).unwrap())
}

#[test]
fn each_key_has_the_one_algorithm_of_its_type() {
    for (jwk, algorithm) in [(rsa(2048), Algorithm::Rs256), (ec(), Algorithm::Es256), (ed(), Algorithm::Ed25519)] {
        assert_eq!(read(&jwk).unwrap().algorithm, algorithm);
    }
}

#[test]
fn keys_are_accepted_in_the_forms_that_issuers_publish() {
    for jwk in [
        rsa(8192),
        // Google, Kubernetes, Okta
        with(with(rsa(2048), "use", "sig"), "alg", "RS256"),
        // Microsoft Entra: no alg, certificates, its own members
        with(with(with(rsa(2048), "x5t", "kid"), "x5c", json!(["MIIC"])), "cloud_instance_name", "example.com"),
        // unexpected types of irrelevant members
        with(with(with(rsa(2048), "x5c", 5), "x5t#S256", json!({})), "exp", Value::Null),
        with(with(ec(), "alg", "ES256"), "use", "sig"),
        with(ed(), "key_ops", json!(["verify"])),
        with(ed(), "alg", "EdDSA"),
        with(ed(), "alg", "Ed25519"),
        // null means absent
        with(with(with(ed(), "alg", Value::Null), "use", Value::Null), "key_ops", Value::Null),
        // leading zeros and padding, which the RFCs forbid
        with(rsa(2048), "n", encoded([&[0][..], &modulus(2048)].concat())),
        with(rsa(2048), "n", URL_SAFE.encode(modulus(2048))),
        with(rsa(2048), "e", encoded([0, 1, 0, 1])),
    ] {
        assert!(read(&jwk).is_ok(), "{jwk}: {:?}", read(&jwk).err());
    }
}

#[test]
fn a_key_is_the_same_in_every_encoding() {
    let plain = read(&rsa(2048)).unwrap();
    let padded = read(&with(rsa(2048), "n", URL_SAFE.encode([&[0][..], &modulus(2048)].concat()))).unwrap();
    assert!(plain.is_same(&padded) && !plain.is_same(&read(&rsa(2049)).unwrap()));
    // About one coordinate in 256 begins with a zero.
    let (x, y) = std::iter::repeat_with(point).find(|(x, _)| x[0] == 0).unwrap();
    let full = read(&ec_of(&x, &y)).unwrap();
    for x in [&x[1..], &[&[0][..], &x].concat()] {
        assert!(full.is_same(&read(&ec_of(x, &y)).unwrap()));
    }
    assert!(!full.is_same(&read(&ec()).unwrap()));
}

#[test]
fn unusable_keys_are_rejected_with_the_reason() {
    let (x, y) = point();
    for (jwk, reason) in [
        (rsa(1024), "2048"),
        (rsa(2047), "2048"),
        (rsa(8193), "8192"),
        (with(rsa(2048), "n", encoded([&[0][..], &modulus(2040)].concat())), "2048"),
        (with(rsa(2048), "e", encoded([1])), "exponent"),
        (with(rsa(2048), "e", encoded([4])), "exponent"),
        (with(rsa(2048), "e", encoded([0xff; 5])), "exponent"),
        (with(rsa(2048), "e", ""), "n or e"),
        (with(rsa(2048), "n", "="), "n or e"),
        (with(rsa(2048), "n", STANDARD.encode([0xfb; 256])), "n or e"),
        (json!({ "kty": "RSA" }), "n or e"),
        (with(rsa(2048), "alg", "RS384"), "its alg"),
        (with(rsa(2048), "alg", "PS256"), "its alg"),
        (with(rsa(2048), "alg", "RSA-OAEP"), "its alg"),
        (with(rsa(2048), "alg", "HS256"), "its alg"),
        (with(rsa(2048), "alg", 5), "its alg"),
        (with(with(rsa(2048), "alg", "RSA-OAEP"), "use", "enc"), "its use"),
        (with(rsa(2048), "use", 5), "its use"),
        (with(rsa(2048), "key_ops", json!(["sign"])), "key_ops"),
        (with(rsa(2048), "key_ops", json!([])), "key_ops"),
        (with(rsa(2048), "key_ops", "verify"), "key_ops"),
        (with(ec(), "alg", "EdDSA"), "its alg"),
        (with(ec(), "crv", "P-384"), "its type"),
        (with(ec(), "crv", "P-521"), "its type"),
        (with(ec(), "crv", "secp256k1"), "its type"),
        (ec_of(&y, &y), "point"),
        (ec_of(&[x.clone(), y.clone()].concat(), &y), "x or y"),
        (with(ec(), "y", Value::Null), "x or y"),
        (with(ed(), "crv", "X25519"), "its type"),
        (with(ed(), "crv", "Ed448"), "its type"),
        (with(ed(), "alg", "ES256"), "its alg"),
        (ed_of(&[7; 33]), "its x"),
        (ed_of(&[7; 31]), "its x"),
        (ed_of(&[&[2][..], &[0; 31]].concat()), "point"),
        (json!({ "kty": "oct", "k": encoded(b"secret"), "alg": "HS256" }), "its type"),
        (json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AA" }), "its type"),
        (json!({ "kty": ["RSA"] }), "its type"),
        (json!({}), "its type"),
    ] {
        let found = read(&jwk).expect_err(&jwk.to_string());
        assert!(found.contains(reason), "{jwk}: {found}");
    }
}

#[test]
fn ed25519_keys_of_small_order_are_rejected_in_every_encoding() {
    // The eight points, and their encodings with a y that is not reduced modulo p = 2^255 - 19.
    let mut keys: Vec<[u8; 32]> = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes()).collect();
    for (low, sign) in [(0xed, 0), (0xed, 0x80), (0xee, 0), (0xee, 0x80)] {
        let mut y = [0xff; 32];
        (y[0], y[31]) = (low, 0x7f | sign);
        keys.push(y);
    }
    for key in keys {
        let reason = read(&ed_of(&key)).expect_err(&hex::encode(key));
        assert!(reason.contains("small order"), "{}: {reason}", hex::encode(key));
    }
}

#[test]
fn bits_are_counted_from_the_first_bit_that_is_set() {
    for (number, count) in [(&[][..], 0), (&[1], 1), (&[0x80], 8), (&[1, 0], 9), (&[0xff; 256], 2048)] {
        assert_eq!(bits(number), count, "{number:?}");
    }
}
