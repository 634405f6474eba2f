//! JSON Web Tokens, the second way for callers to authenticate (RFC 7519, following the advice of RFC 8725).
//!
//! `token` parses a token's header, `key` one public key and `keys` a set of them. `source` holds the current set, which
//! `refresher` and `fetch` get from a URL. `claims` checks a token's payload. [`Verifier`] combines them.

mod algorithm;
mod claims;
mod fetch;
mod key;
mod keys;
mod refresher;
mod refusal;
mod source;
mod token;
mod verifier;

pub(crate) use self::verifier::{Refresher, Unidentified, Verifier};
