//! A request to CENTAGATE, and the kind of connection that may carry it.

use bytes::Bytes;
use http::Method;
use http::uri::PathAndQuery;

/// A request to CENTAGATE.
#[derive(Clone)]
pub(in crate::centagate) struct UpstreamRequest {
    pub(in crate::centagate) method: Method,
    pub(in crate::centagate) path: PathAndQuery,
    pub(in crate::centagate) body: Bytes,
    pub(in crate::centagate) connection: ConnectionKind,
}

/// The kind of connection that may carry a request.
///
/// On HTTP/1.1, a surplus reply counts as the reply to the next request on the same connection. A reused connection could
/// therefore deliver one user's reply to another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionKind {
    /// A reused connection, for replies without secrets and personal data.
    Shared,
    /// A connection that carries only this request, for replies with a secret, personal data or a verdict about a person.
    Dedicated,
}
