//! A request with an `Idempotency-Key`: what names its record, and what its fingerprint covers.

use std::sync::Arc;

/// A request with an `Idempotency-Key`.
///
/// Caller, operation and key name its record. The fingerprint covers what the request asks for: operation, path values and
/// content. The store never holds any of these in plain text. There is no `Debug`, because a body can contain secrets.
#[derive(Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The name of the caller.
    pub(crate) caller: &'a Arc<str>,
    /// The operation's name in stored records. It must never change, or live keys are lost.
    pub(crate) operation: &'static str,
    /// The value of the `Idempotency-Key` header.
    pub(crate) key: &'a str,
    /// The decoded path values, in order.
    pub(crate) path: &'a [&'a str],
    /// The canonical form of the request as parsed.
    pub(crate) content: &'a [u8],
    /// The raw body. Only records of version 1 need it.
    pub(crate) body: &'a [u8],
}

impl<'a> Request<'a> {
    /// The parts that name the record.
    pub(super) fn name_input(&self) -> [&'a [u8]; 3] {
        [self.caller.as_bytes(), self.operation.as_bytes(), self.key.as_bytes()]
    }

    /// The parts that the fingerprint covers.
    pub(super) fn fingerprint_input(&self) -> Vec<&'a [u8]> {
        let path = self.path.iter().map(|value| value.as_bytes());
        [self.operation.as_bytes()].into_iter().chain(path).chain([self.content]).collect()
    }

    /// The parts that the fingerprint of a version 1 record covers. Operations of that time had at most one path value.
    pub(super) fn version_1_fingerprint_input(&self) -> [&'a [u8]; 3] {
        let target = self.path.first().map_or("", |value| value);
        [self.operation.as_bytes(), target.as_bytes(), self.body]
    }
}
