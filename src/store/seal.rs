//! Seals entries before they leave the process, and derives their names and fingerprints.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::entry::{Name, Part};
use crate::domain::milliseconds;

/// The format of sealed entries, their first byte. Format 1 had no expiry inside the seal. It is no longer opened.
const FORMAT: u8 = 2;

/// The length of a key ID, in bytes.
const ID_LEN: usize = 8;

/// The length of what precedes the ciphertext: the format, the key ID and the nonce.
const HEADER_LEN: usize = 1 + ID_LEN + NONCE_LEN;

/// The length of the expiry at the start of the plaintext: milliseconds since 1970.
const EXPIRY_LEN: usize = 8;

/// More keys than a rotation needs.
const MAX_KEYS: usize = 8;

/// The keys that seal entries. The first key seals, all keys open.
///
/// Entries are sealed with AES-256-GCM-SIV (RFC 8452) and random nonces. A seal is bound to the entry's name, so an entry
/// that was copied to another name does not open. Each key has three derived keys: for seals, names and fingerprints.
#[derive(Clone)]
pub struct SealKeys(Arc<[SealKey]>);

struct SealKey {
    id: [u8; ID_LEN],
    seal: RandomizedNonceKey,
    names: [u8; 32],
    fingerprints: [u8; 32],
}

impl SealKeys {
    /// Describes what [`SealKeys::parse`] accepts.
    pub(crate) const EXPECTED: &str =
        "1 to 8 different keys of 64 hex digits each (openssl rand -hex 32), separated by commas";

    /// Parses keys of 32 bytes in hex, separated by commas or spaces.
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

    /// Creates a random key, for entries that stay in this process.
    pub(super) fn random() -> Option<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).ok()?;
        Some(Self([SealKey::new(&key)?].into()))
    }

    /// Derives the record's names from `parts`, one name for each key. During a rotation, replicas with different keys then
    /// share at least one name.
    pub(super) fn names(&self, parts: &[&[u8]]) -> Vec<Name> {
        let digest = |key: &SealKey| digest(&key.names, parts);
        self.0.iter().map(|key| Name { digest: digest(key), part: Part::Record }).collect()
    }

    /// Derives a fingerprint with the first key.
    pub(super) fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32] {
        digest(&self.0[0].fingerprints, parts)
    }

    /// Seals `plain` for the entry `name`. The seal contains the expiry, because a backend may keep entries longer.
    pub(super) fn seal(&self, name: Name, plain: &[u8], lifetime: Duration) -> Vec<u8> {
        let key = &self.0[0];
        let expires_at = since_1970(SystemTime::now()).saturating_add(milliseconds(lifetime));
        let mut text = [&expires_at.to_be_bytes(), plain].concat();
        let nonce = key.seal.seal_in_place_append_tag(Aad::from(associated_data(key, name)), &mut text);
        let nonce = nonce.expect("the system provides random bytes, and entries are short");
        [&[FORMAT], &key.id[..], nonce.as_ref(), &text].concat()
    }

    /// Opens what was sealed for the entry `name`. Returns `None` if the key is unknown or a byte was changed.
    pub(super) fn open(&self, name: Name, sealed: &[u8]) -> Option<Opened<'_>> {
        let (header, text) = sealed.split_at_checked(HEADER_LEN)?;
        let key = self.0.iter().find(|key| header[0] == FORMAT && key.id == header[1..=ID_LEN])?;
        let nonce = Nonce::try_assume_unique_for_key(&header[1 + ID_LEN..]).ok()?;
        let mut text = text.to_vec();
        let opened = key.seal.open_in_place(nonce, Aad::from(associated_data(key, name)), &mut text).ok()?;
        let (expires_at, plain) = opened.split_first_chunk::<EXPIRY_LEN>()?;
        let expires_at = UNIX_EPOCH.checked_add(Duration::from_millis(u64::from_be_bytes(*expires_at)))?;
        Some(Opened { plain: plain.to_vec(), expires_at, key })
    }
}

/// An opened entry.
pub(super) struct Opened<'a> {
    pub(super) plain: Vec<u8>,
    /// Set by the clock of the replica that sealed the entry.
    expires_at: SystemTime,
    key: &'a SealKey,
}

impl Opened<'_> {
    /// Returns the lifetime that is left at `now`. Zero means expired.
    pub(super) fn remaining(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }

    pub(super) fn has_expired(&self) -> bool {
        self.remaining(SystemTime::now()).is_zero()
    }

    /// Derives a fingerprint with the key that sealed the entry.
    pub(super) fn fingerprint(&self, parts: &[&[u8]]) -> [u8; 32] {
        digest(&self.key.fingerprints, parts)
    }
}

impl SealKey {
    fn new(key: &[u8; 32]) -> Option<Self> {
        let derive = |purpose: &str| digest(key, &[b"centagate-gateway", purpose.as_bytes(), b""]);
        let mut id = [0; ID_LEN];
        id.copy_from_slice(&derive("id")[..ID_LEN]);
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

/// Returns what a seal authenticates besides the plaintext.
fn associated_data(key: &SealKey, name: Name) -> Vec<u8> {
    [&[FORMAT], &key.id[..], name.text().as_bytes()].concat()
}

/// Computes HMAC-SHA256 over `parts`. The length of each part precedes it, so parts cannot run into each other.
fn digest(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC accepts keys of any length");
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
