use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::record::milliseconds;
use super::{Name, Part};

/// The form of sealed entries, their first byte. Form 1 had no expiry inside the seal; its entries do not open.
const FORM: u8 = 2;

/// Bytes before the ciphertext: the form, the key's id, the nonce.
const HEADER: usize = 1 + ID + NONCE_LEN;
const ID: usize = 8;

/// Bytes of the plaintext before the text: when it expires, in milliseconds since 1970.
const EXPIRY: usize = 8;

/// More keys than a rotation needs.
const MAX_KEYS: usize = 8;

/// The keys that entries are sealed with before they leave the process: the first one seals, all open.
///
/// A seal (AES-256-GCM-SIV, RFC 8452, random nonces) is bound to the entry's name, so an entry that was moved to another name
/// does not open. From each key three are derived: for seals, for names and for fingerprints.
#[derive(Clone)]
pub struct SealKeys(Arc<[SealKey]>);

struct SealKey {
    id: [u8; ID],
    seal: RandomizedNonceKey,
    names: [u8; 32],
    fingerprints: [u8; 32],
}

impl SealKeys {
    /// What [`SealKeys::parse`] takes.
    pub(crate) const EXPECTED: &str =
        "1 to 8 different keys of 64 hex digits each (openssl rand -hex 32), separated by commas";

    /// Reads keys of 32 bytes in hex, separated by commas or blanks.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let keys = text.split([',', ' ']).filter(|word| !word.is_empty()).map(|word| {
            let mut key = [0; 32];
            hex::decode_to_slice(word, &mut key).ok()?;
            SealKey::new(&key)
        });
        let keys: Vec<_> = keys.collect::<Option<_>>()?;
        let different = keys.iter().enumerate().all(|(n, key)| keys[..n].iter().all(|other| other.id != key.id));
        ((1..=MAX_KEYS).contains(&keys.len()) && different).then(|| Self(keys.into()))
    }

    /// A key that nobody else has, for what does not leave this process.
    pub(super) fn of_this_process() -> Option<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).ok()?;
        Some(Self([SealKey::new(&key)?].into()))
    }

    /// The names of the record that `parts` stand for, one for each key: so replicas meet on at least one of them while keys
    /// are being rotated.
    pub(super) fn names(&self, parts: &[&[u8]]) -> Vec<Name> {
        let digest = |key: &SealKey| digest(&key.names, parts);
        self.0.iter().map(|key| Name { digest: digest(key), part: Part::Record }).collect()
    }

    /// What tells a request from others with the same name, under the key that seals.
    pub(super) fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32] {
        digest(&self.0[0].fingerprints, parts)
    }

    /// Seals `plain` for `name`, together with the time at which it expires: the store may keep it longer than it was told.
    pub(super) fn seal(&self, name: Name, plain: &[u8], lifetime: Duration) -> Vec<u8> {
        let key = &self.0[0];
        let expires_at = since_1970(SystemTime::now()).saturating_add(milliseconds(lifetime));
        let mut text = [&expires_at.to_be_bytes(), plain].concat();
        let nonce = key.seal.seal_in_place_append_tag(Aad::from(bound_to(key, name)), &mut text);
        let nonce = nonce.expect("the system gives random bytes and entries are short");
        [&[FORM], &key.id[..], nonce.as_ref(), &text].concat()
    }

    /// Opens what was sealed for `name`; nothing if the key is not known or anything was changed.
    pub(super) fn open(&self, name: Name, sealed: &[u8]) -> Option<Opened<'_>> {
        let (header, text) = sealed.split_at_checked(HEADER)?;
        let key = self.0.iter().find(|key| header[0] == FORM && key.id == header[1..=ID])?;
        let nonce = Nonce::try_assume_unique_for_key(&header[1 + ID..]).ok()?;
        let mut text = text.to_vec();
        let opened = key.seal.open_in_place(nonce, Aad::from(bound_to(key, name)), &mut text).ok()?;
        let (expires_at, plain) = opened.split_first_chunk::<EXPIRY>()?;
        let expires_at = UNIX_EPOCH.checked_add(Duration::from_millis(u64::from_be_bytes(*expires_at)))?;
        Some(Opened { plain: plain.to_vec(), expires_at, key })
    }
}

/// An entry in plain.
pub(super) struct Opened<'a> {
    pub(super) plain: Vec<u8>,
    /// By the clock of the replica that sealed it.
    expires_at: SystemTime,
    key: &'a SealKey,
}

impl Opened<'_> {
    /// How much of its lifetime is left at `now`; zero: it has expired.
    pub(super) fn remaining(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }

    /// Whether it has expired.
    pub(super) fn has_expired(&self) -> bool {
        self.remaining(SystemTime::now()).is_zero()
    }

    /// What [`SealKeys::fingerprint`] was for whoever sealed the entry.
    pub(super) fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32] {
        digest(&self.key.fingerprints, parts)
    }
}

impl SealKey {
    fn new(key: &[u8; 32]) -> Option<Self> {
        let derive = |purpose: &str| digest(key, &[b"centagate-gateway", purpose.as_bytes(), b""]);
        let mut id = [0; ID];
        id.copy_from_slice(&derive("id")[..ID]);
        Some(Self {
            id,
            seal: RandomizedNonceKey::new(&AES_256_GCM_SIV, &derive("seal")).ok()?,
            names: derive("names"),
            fingerprints: derive("fingerprints"),
        })
    }
}

fn since_1970(time: SystemTime) -> u64 {
    milliseconds(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn bound_to(key: &SealKey, name: Name) -> Vec<u8> {
    [&[FORM], &key.id[..], name.text().as_bytes()].concat()
}

/// HMAC-SHA256 over `parts`, each after its length.
fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        hmac.update(&(part.len() as u64).to_le_bytes());
        hmac.update(part);
    }
    hmac.finalize().into_bytes().into()
}

impl PartialEq for SealKeys {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().map(|key| key.id).eq(other.0.iter().map(|key| key.id))
    }
}

impl fmt::Debug for SealKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKeys({} keys)", self.0.len())
    }
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
