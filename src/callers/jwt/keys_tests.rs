use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Keys, bits};

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa(modulus_bits: usize) -> Value {
    let mut n = vec![0xff; modulus_bits.div_ceil(8)];
    n[0] >>= n.len() * 8 - modulus_bits;
    json!({ "kid": "rsa", "kty": "RSA", "n": encoded(&n), "e": "AQAB" })
}

fn ec() -> Value {
    let coordinate = encoded(&[7; 32]);
    json!({ "kid": "ec", "kty": "EC", "crv": "P-256", "x": coordinate, "y": coordinate })
}

fn ed() -> Value {
    json!({ "kid": "ed", "kty": "OKP", "crv": "Ed25519", "x": encoded(&[7; 32]) })
}

fn with(mut jwk: Value, name: &str, value: impl Into<Value>) -> Value {
    jwk[name] = value.into();
    jwk
}

/// The kids that are used of `jwks`, and how many keys are left out.
fn used(jwks: &[Value]) -> (Vec<String>, usize) {
    let set = json!({ "keys": jwks }).to_string();
    match Keys::parse(set.as_bytes()) {
        Ok((keys, dropped)) => {
            let mut kids: Vec<_> = keys.0.into_keys().collect();
            kids.sort();
            (kids, dropped.len())
        }
        Err(_) => (Vec::new(), jwks.len()),
    }
}

#[test]
fn each_key_has_the_one_algorithm_of_its_type() {
    let set = json!({ "keys": [rsa(2048), ec(), ed()] }).to_string();
    let (keys, dropped) = Keys::parse(set.as_bytes()).unwrap();
    assert_eq!(dropped, []);
    for (kid, algorithm) in [("rsa", "RS256"), ("ec", "ES256"), ("ed", "EdDSA")] {
        assert_eq!(keys.find(kid).unwrap().algorithm(), algorithm);
    }
    assert!(keys.find("RSA").is_none());
}

#[test]
fn keys_that_cannot_be_used_are_left_out_and_the_rest_is_used() {
    for jwk in [
        rsa(1024),
        rsa(2047),
        rsa(8193),
        with(rsa(2048), "e", encoded(&[1])),
        with(rsa(2048), "e", encoded(&[4])),
        with(rsa(2048), "e", ""),
        with(rsa(2048), "n", "="),
        with(rsa(2048), "alg", "RS384"),
        with(rsa(2048), "alg", "PS256"),
        with(rsa(2048), "alg", "HS256"),
        with(rsa(2048), "alg", Value::Null),
        with(rsa(2048), "use", "enc"),
        with(rsa(2048), "key_ops", json!(["sign"])),
        with(rsa(2048), "kid", 5),
        with(ec(), "alg", "EdDSA"),
        with(ec(), "crv", "P-384"),
        with(ec(), "crv", "secp256k1"),
        with(ec(), "x", encoded(&[7; 31])),
        with(ec(), "y", Value::Null),
        with(ed(), "crv", "X25519"),
        with(ed(), "alg", "ES256"),
        with(ed(), "x", encoded(&[7; 33])),
        json!({ "kid": "oct", "kty": "oct", "k": encoded(b"secret"), "alg": "HS256" }),
        json!({ "kid": "rsa", "kty": "RSA" }),
        json!({}),
        json!("key"),
    ] {
        assert_eq!(used(&[jwk.clone(), with(ed(), "kid", "good")]), (vec!["good".to_owned()], 1), "{jwk}");
    }
    for jwk in [
        rsa(2048),
        rsa(8192),
        with(rsa(2048), "alg", "RS256"),
        with(with(ec(), "alg", "ES256"), "use", "sig"),
        with(ed(), "key_ops", json!(["verify"])),
        with(rsa(2048), "n", encoded(&[&[0][..], &[0xff; 256]].concat())),
    ] {
        assert_eq!(used(std::slice::from_ref(&jwk)).1, 0, "{jwk}");
    }
    // A leading zero makes a number no longer.
    let padded = with(rsa(2048), "n", encoded(&[&[0][..], &[0xff; 255]].concat()));
    assert_eq!(used(&[padded, ed()]), (vec!["ed".to_owned()], 1));
}

#[test]
fn two_keys_with_one_kid_are_both_left_out() {
    let twin = || with(ec(), "kid", "ed");
    assert_eq!(used(&[ed(), twin(), rsa(2048)]), (vec!["rsa".to_owned()], 1));
    assert_eq!(used(&[ed(), twin(), ed(), rsa(2048)]), (vec!["rsa".to_owned()], 2));
    // A key that is left out for another reason makes nothing ambiguous.
    assert_eq!(used(&[ed(), with(twin(), "use", "enc")]), (vec!["ed".to_owned()], 1));
}

#[test]
fn a_set_without_a_key_that_can_be_used_is_a_fault_without_a_value() {
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":["s3cr3t"]}"#, "s3cr3t", "\u{feff}{}"] {
        let fault = Keys::parse(text.as_bytes()).expect_err(text);
        assert!(fault.starts_with("expected") && !fault.contains("s3cr3t"), "{text}: {fault}");
    }
}

#[test]
fn a_key_knows_its_own_signatures_and_no_other() {
    let random = SystemRandom::new();
    let edwards = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let edwards_pair = Ed25519KeyPair::from_pkcs8(edwards.as_ref()).unwrap();
    let elliptic = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let elliptic_pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, elliptic.as_ref()).unwrap();
    let (x, y) = elliptic_pair.public_key().as_ref()[1..].split_at(32);
    let set = json!({ "keys": [
        with(ed(), "x", encoded(edwards_pair.public_key().as_ref())),
        with(with(ec(), "x", encoded(x)), "y", encoded(y)),
    ] });
    let (keys, _) = Keys::parse(set.to_string().as_bytes()).unwrap();
    let sign = |algorithm, key: &EncodingKey| {
        let token = jsonwebtoken::encode(&Header::new(algorithm), &json!({}), key).unwrap();
        let (message, signature) = token.rsplit_once('.').unwrap();
        (message.to_owned(), signature.to_owned())
    };
    let tokens = [
        ("ed", sign(Algorithm::EdDSA, &EncodingKey::from_ed_der(edwards.as_ref()))),
        ("ec", sign(Algorithm::ES256, &EncodingKey::from_ec_der(elliptic.as_ref()))),
        ("", sign(Algorithm::HS256, &EncodingKey::from_secret(edwards_pair.public_key().as_ref()))),
    ];
    for kid in ["ed", "ec"] {
        let key = keys.find(kid).unwrap();
        for (signer, (message, signature)) in &tokens {
            assert_eq!(key.verifies(message, signature), kid == *signer, "{kid} {signer}");
            assert!(!key.verifies(&format!("{message}A"), signature));
            assert!(!key.verifies(message, &format!("{signature}A")));
            assert!(!key.verifies(message, ""));
        }
    }
}

#[test]
fn bits_are_counted_from_the_first_one() {
    for (bytes, count) in [(&[][..], 0), (&[0], 0), (&[1], 1), (&[0, 0x80], 8), (&[1, 0], 9), (&[0xff; 256], 2048)] {
        assert_eq!(bits(bytes), count, "{bytes:?}");
    }
}
