//! JWK sets.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::algorithm::Algorithm;
use super::key::{Jwk, Key};
use super::refusal::Refusal;

/// The maximum number of characters of a `kid` in a message.
const MAX_SHOWN_ID: usize = 64;

/// The maximum number of unusable keys in a message.
const MAX_SHOWN_KEYS: usize = 5;

const NO_USABLE_KEY: &str = "expected at least one usable key: RSA of 2048 bits or more, P-256 or Ed25519";

/// The usable keys of a JWK set. Each combination of `kid` and algorithm is unique.
#[derive(Debug, Default)]
pub(crate) struct Keys(Vec<Listed>);

#[derive(Clone, Debug)]
struct Listed {
    /// The key's position in the set, starting at 1.
    position: usize,
    id: Option<String>,
    key: Arc<Key>,
}

/// A key that is not used, and the reason.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    position: usize,
    id: Option<String>,
    reason: &'static str,
}

#[derive(Deserialize)]
struct Set<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl Keys {
    /// Parses a JWK set (RFC 7517, section 5) and also returns the keys that are not used. A key that is listed twice counts
    /// once. Different keys with the same `kid` and algorithm are ambiguous, so none of them is used. A key without a `kid`
    /// must be the only one.
    ///
    /// # Errors
    /// The text is not a JWK set, or has no usable key. The message contains no values except `kid`s.
    pub(super) fn parse(text: &[u8]) -> Result<(Self, Vec<Dropped>), String> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err("expected a JWK set in JSON".to_owned()); // serde would also accept an array
        }
        let set: Set<'_> =
            serde_json::from_slice(text).map_err(|_| "expected a JWK set in JSON, with an array of keys")?;
        let mut listed: Vec<Listed> = Vec::new();
        let mut dropped = Vec::new();
        for (position, text) in (1..).zip(set.keys) {
            let mut id = None;
            let key = read(text).and_then(|jwk| {
                id = jwk.kid.as_str().map(str::to_owned);
                Key::read(&jwk)
            });
            match key {
                Ok(key) if listed.iter().any(|known| known.id == id && known.key.is_same(&key)) => {}
                Ok(key) => listed.push(Listed { position, id, key: Arc::new(key) }),
                Err(reason) => dropped.push(Dropped { position, id, reason }),
            }
        }
        let is_ambiguous = |one: &Listed| {
            let mut others = listed.iter().filter(|other| other.position != one.position);
            others.any(|other| one.id.is_none() || (other.id == one.id && other.key.algorithm == one.key.algorithm))
        };
        let (ambiguous, used): (Vec<_>, Vec<_>) = listed.iter().cloned().partition(is_ambiguous);
        dropped.extend(ambiguous.into_iter().map(|Listed { position, id, .. }| {
            let reason =
                if id.is_some() { "another key has the same kid" } else { "it has no kid, and is not the only key" };
            Dropped { position, id, reason }
        }));
        dropped.sort_by_key(|key| key.position);
        if used.is_empty() {
            return Err(no_usable_key(&dropped));
        }
        Ok((Self(used), dropped))
    }

    /// Finds the key for a token with this `kid` and algorithm. A token without a `kid` requires a set with a single key
    /// (`OpenID` Connect Core, section 10.1).
    ///
    /// # Errors
    /// No key fits.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Arc<Key>, Refusal> {
        let named: Vec<&Listed> = match (id, self.0.as_slice()) {
            (None, [only]) | (Some(_), [only @ Listed { id: None, .. }]) => vec![only],
            (None, _) => return Err(Refusal::NoKeyId),
            (Some(_), listed) => listed.iter().filter(|listed| listed.id.as_deref() == id).collect(),
        };
        if named.is_empty() {
            return Err(Refusal::UnknownKey);
        }
        let fitting = named.into_iter().find(|listed| listed.key.algorithm == algorithm);
        fitting.map(|listed| Arc::clone(&listed.key)).ok_or(Refusal::Algorithm)
    }
}

fn read(text: &RawValue) -> Result<Jwk, &'static str> {
    if !text.get().starts_with('{') {
        return Err("it is not an object");
    }
    let jwk: Jwk = serde_json::from_str(text.get()).map_err(|_| "it names a member twice, or cannot be read")?;
    if jwk.kid.is_string() || jwk.kid.is_null() { Ok(jwk) } else { Err("its kid is not a string") }
}

fn no_usable_key(dropped: &[Dropped]) -> String {
    let mut fault = NO_USABLE_KEY.to_owned();
    for key in dropped.iter().take(MAX_SHOWN_KEYS) {
        let _ = write!(fault, "; {key}");
    }
    if dropped.len() > MAX_SHOWN_KEYS {
        let _ = write!(fault, "; and {} more", dropped.len() - MAX_SHOWN_KEYS);
    }
    fault
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key number {}", self.position)?;
        if let Some(id) = &self.id {
            let shown: String = id.chars().take(MAX_SHOWN_ID).collect();
            let more = if shown.len() < id.len() { "…" } else { "" };
            write!(f, " (kid {shown:?}{more})")?;
        }
        write!(f, ": {}", self.reason)
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
