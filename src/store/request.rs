//! A request as the store identifies it.

use std::sync::Arc;

/// A request with an `Idempotency-Key`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request<'a> {
    pub(crate) caller: &'a Arc<str>,
    /// The operation's name in stored records.
    pub(crate) operation: &'static str,
    pub(crate) key: &'a str,
    /// The decoded values of the path.
    pub(crate) path: &'a [&'a str],
    /// The canonical form of the request as parsed.
    pub(crate) content: &'a [u8],
    /// The body as it was sent, which records of version 1 cover.
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// What the fingerprint covers: the operation, the path and the request as parsed.
    pub(super) fn parts<'a>(&'a self, encoded_path: &'a [u8]) -> [&'a [u8]; 3] {
        [self.operation.as_bytes(), encoded_path, self.content]
    }

    /// The values of the path, each with its length, so that no two paths have the same encoding.
    pub(super) fn encoded_path(&self) -> Vec<u8> {
        let encode = |value: &&str| [&(value.len() as u64).to_le_bytes(), value.as_bytes()].concat();
        self.path.iter().flat_map(encode).collect()
    }

    /// What the fingerprint of version 1 covers: the operation, the only value of the path and the body as it was sent.
    pub(super) fn first_version_parts(&self) -> [&[u8]; 3] {
        [self.operation.as_bytes(), self.path.first().copied().unwrap_or_default().as_bytes(), self.body]
    }
}
