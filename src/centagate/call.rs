use bytes::Bytes;
use http::Method;
use http::uri::PathAndQuery;

/// A request of CENTAGATE, and which connection may carry it.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: PathAndQuery,
    pub(super) body: Bytes,
    pub(super) connection: ConnectionKind,
}

/// Which connection may carry a call.
///
/// On HTTP/1.1 a surplus reply counts as the reply to the next request on its connection. So a connection that is used again
/// can give one user's reply to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConnectionKind {
    /// A connection that is kept for other calls: for replies that hold nothing secret or personal.
    Shared,
    /// A connection that carries only this call: for replies that hold a secret, personal data or a verdict about a person.
    Dedicated,
}
