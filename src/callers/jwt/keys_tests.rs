//! Tests of JWK sets.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Keys;
use crate::callers::jwt::algorithm::Algorithm::{self, Ed25519, Es256, Rs256};
use crate::callers::jwt::refusal::Refusal;

const RANDOM: fn() -> SystemRandom = SystemRandom::new;

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa(kid: &str) -> Value {
    json!({ "kid": kid, "kty": "RSA", "n": encoded(&[0xff; 256]), "e": "AQAB" })
}

fn ec_pair() -> EcdsaKeyPair {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &RANDOM()).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).unwrap()
}

fn ec(kid: &str, pair: &EcdsaKeyPair) -> Value {
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    json!({ "kid": kid, "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) })
}

fn ed_pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&RANDOM()).unwrap().as_ref()).unwrap()
}

fn ed(kid: &str, pair: &Ed25519KeyPair) -> Value {
    json!({ "kid": kid, "kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref()) })
}

fn new_ed(kid: &str) -> Value {
    ed(kid, &ed_pair())
}

fn without_kid(mut jwk: Value) -> Value {
    jwk.as_object_mut().unwrap().remove("kid");
    jwk
}

/// Parses a set. Returns its usable keys, and a message for each other key.
fn parse(jwks: &[Value]) -> (Keys, Vec<String>) {
    let (keys, dropped) = Keys::parse(json!({ "keys": jwks }).to_string().as_bytes()).unwrap();
    (keys, dropped.iter().map(ToString::to_string).collect())
}

fn find(keys: &Keys, kid: &str, algorithm: Algorithm) -> Result<(), Refusal> {
    keys.find(Some(kid), algorithm).map(|key| assert_eq!(key.algorithm, algorithm))
}

#[test]
fn keys_are_found_by_kid_and_algorithm() {
    let (keys, dropped) = parse(&[rsa("rsa"), new_ed("ed"), ec("both", &ec_pair()), new_ed("both")]);
    assert!(dropped.is_empty(), "{dropped:?}");
    for (kid, algorithm) in [("rsa", Rs256), ("ed", Ed25519), ("both", Es256), ("both", Ed25519)] {
        assert_eq!(find(&keys, kid, algorithm), Ok(()), "{kid}");
    }
    for (kid, algorithm, refusal) in [
        ("rsa", Es256, Refusal::Algorithm),
        ("both", Rs256, Refusal::Algorithm),
        ("RSA", Rs256, Refusal::UnknownKey),
        ("", Rs256, Refusal::UnknownKey),
    ] {
        assert_eq!(find(&keys, kid, algorithm), Err(refusal), "{kid}");
    }
    assert_eq!(keys.find(None, Rs256).unwrap_err(), Refusal::NoKeyId);
}

#[test]
fn unusable_keys_are_reported_with_the_reason_and_the_others_are_used() {
    let mut encryption = rsa("enc-1");
    (encryption["use"], encryption["alg"]) = (json!("enc"), json!("RSA-OAEP"));
    let unknown = json!({ "kid": "future\u{202e}\n", "kty": "AKP", "pub": "AA" });
    let long = json!({ "kid": "x".repeat(300), "kty": "oct" });
    let odd = [json!("key"), json!([]), json!({ "kid": 5 }), json!({})];
    let (keys, dropped) = parse(&[&[encryption, unknown, long], &odd[..], &[new_ed("good")]].concat());
    assert_eq!(find(&keys, "good", Ed25519), Ok(()));
    assert_eq!(find(&keys, "enc-1", Rs256), Err(Refusal::UnknownKey));
    assert_eq!(dropped.len(), 7, "{dropped:?}");
    for (dropped, expected) in dropped.iter().zip([
        "key number 1 (kid \"enc-1\"): its use is not sig",
        "key number 2 (kid \"future\\u{202e}\\n\"): its type is not supported",
        &format!("key number 3 (kid \"{}\"…): its type", "x".repeat(64)),
        "key number 4: it is not an object",
        "key number 5: it is not an object",
        "key number 6: its kid is not a string",
        "key number 7: its type is not supported",
    ]) {
        assert!(dropped.starts_with(expected), "{dropped}");
    }
}

#[test]
fn a_key_that_is_listed_twice_counts_once() {
    let pair = ed_pair();
    let mut again = ed("a", &pair);
    again["use"] = "sig".into();
    let (keys, dropped) = parse(&[ed("a", &pair), again, ed("b", &pair)]);
    assert!(dropped.is_empty(), "{dropped:?}");
    assert_eq!((find(&keys, "a", Ed25519), find(&keys, "b", Ed25519)), (Ok(()), Ok(())));
}

#[test]
fn different_keys_with_one_kid_and_algorithm_are_ambiguous() {
    let pair = ed_pair();
    let (keys, dropped) = parse(&[ed("a", &pair), new_ed("a"), ed("a", &pair), rsa("a")]);
    assert_eq!(find(&keys, "a", Ed25519), Err(Refusal::Algorithm));
    assert_eq!(find(&keys, "a", Rs256), Ok(()));
    assert_eq!(dropped.len(), 2, "{dropped:?}");
    // A key that is dropped for another reason makes nothing ambiguous.
    let mut encryption = new_ed("a");
    encryption["use"] = "enc".into();
    let (keys, dropped) = parse(&[ed("a", &pair), encryption]);
    assert_eq!((find(&keys, "a", Ed25519), dropped.len()), (Ok(()), 1));
}

#[test]
fn the_only_key_needs_no_kid_and_neither_do_its_tokens() {
    let (keys, dropped) = parse(&[without_kid(new_ed("a"))]);
    assert!(dropped.is_empty(), "{dropped:?}");
    assert!(keys.find(None, Ed25519).is_ok());
    assert_eq!(find(&keys, "any", Ed25519), Ok(()));
    assert_eq!(keys.find(None, Rs256).unwrap_err(), Refusal::Algorithm);

    let (keys, _) = parse(&[new_ed("a"), json!({ "kty": "oct" })]);
    assert!(keys.find(None, Ed25519).is_ok());
    assert_eq!(find(&keys, "b", Ed25519), Err(Refusal::UnknownKey));

    let (keys, dropped) = parse(&[without_kid(new_ed("a")), new_ed("b")]);
    assert_eq!(dropped, ["key number 1: it has no kid, and is not the only key"]);
    assert!(keys.find(None, Ed25519).is_ok(), "one usable key is left");
}

#[test]
fn unknown_members_of_a_set_are_ignored() {
    let key = new_ed("a").to_string();
    for text in [
        format!("\u{feff}{{\"keys\":[{key}]}}"),
        format!(" \r\n{{\"issuer\":{{\"a\":[1e999]}},\"keys\":[{key}],\"next\":null}}\n"),
        format!("{{\"keys\":[{{\"kid\":\"b\",\"kid\":\"c\"}},{},{key}]}}", key.replacen('{', "{\"x5c\":1e999,", 1)),
    ] {
        let (keys, _) = Keys::parse(text.as_bytes()).expect(&text);
        assert_eq!(find(&keys, "a", Ed25519), Ok(()), "{text}");
    }
}

#[test]
fn a_set_without_a_usable_key_is_rejected_and_its_keys_are_reported() {
    for text in
        ["", "[]", "[[]]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":["s3cr3t"]}"#, "s3cr3t", "\u{feff}{}"]
    {
        let fault = Keys::parse(text.as_bytes()).expect_err(text);
        assert!(fault.starts_with("expected") && !fault.contains("s3cr3t"), "{text}: {fault}");
    }
    let oct = json!({ "kid": "mine", "kty": "oct", "k": "s3cr3t" });
    let set = json!({ "keys": vec![oct; 9] }).to_string();
    let fault = Keys::parse(set.as_bytes()).unwrap_err();
    assert!(fault.contains("key number 5 (kid \"mine\"): its type") && fault.ends_with("; and 4 more"), "{fault}");
    assert!(!fault.contains("s3cr3t"), "{fault}");
}

#[test]
fn a_key_verifies_only_its_own_signatures() {
    let (edwards, elliptic) = (ed_pair(), ec_pair());
    let (keys, _) = parse(&[ed("ed", &edwards), ec("ec", &elliptic)]);
    let message = b"message";
    let signatures = [
        ("ed", edwards.sign(message).as_ref().to_vec()),
        ("ec", elliptic.sign(&RANDOM(), message).unwrap().as_ref().to_vec()),
        ("", vec![0; 64]),
    ];
    for (kid, algorithm) in [("ed", Ed25519), ("ec", Es256)] {
        let key = keys.find(Some(kid), algorithm).unwrap();
        for (signer, signature) in &signatures {
            assert_eq!(key.verifies(message, signature), kid == *signer, "{kid} {signer}");
            assert!(!key.verifies(b"another message", signature));
            assert!(!key.verifies(message, &[signature, &[0][..]].concat()));
            assert!(!key.verifies(message, b""));
        }
    }
}
