use std::time::Duration;

use thiserror::Error as ThisError;

use super::ReturnCode;

/// Why a call of CentagateWS brought no success, named for what the gateway can do next.
///
/// Neither `Display` nor `Debug` holds a URL, a secret or anything that CENTAGATE or a caller sent.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Not a byte was sent.
    #[error("nothing was sent: {0}")]
    NotSent(NotSent),
    /// The request was sent and no complete reply came in time.
    #[error("no reply in time")]
    TimedOut,
    /// The connection failed after the request was sent.
    #[error("connection lost after sending: {0}")]
    ConnectionLost(String),
    /// CENTAGATE answered with a code other than 0.
    #[error("refused with code {0}")]
    Refused(ReturnCode),
    /// CENTAGATE, or something in front of it, answered with something else than its envelope.
    #[error("unreadable reply: {0}")]
    Unreadable(Unreadable),
}

/// Why nothing was sent.
#[derive(Debug, ThisError)]
pub enum NotSent {
    /// No connection, or none in time.
    #[error("cannot connect: {0}")]
    CannotConnect(String),
    /// Too little of the request's time was left to wait for CENTAGATE's reply.
    #[error("too little of the request's time was left to wait for the reply")]
    DeadlineSpent,
    /// There is no admin session, and none is coming in time.
    #[error("no admin session")]
    NoSession,
    /// Too many requests wait for their turn.
    #[error("too many requests are waiting")]
    Busy,
    /// Too many requests of this caller wait for their turn.
    #[error("too many requests of this caller are waiting")]
    ShareOfCaller,
    /// The circuit breaker is open for this long.
    #[error("CENTAGATE has failed too often; no call for {} ms", .0.as_millis())]
    CircuitOpen(Duration),
    /// It could not be put on record that the request is about to be sent.
    #[error("that it is sent cannot be recorded")]
    Unrecorded,
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopping,
}

/// What is wrong with a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum Unreadable {
    /// An HTTP status other than 200, redirects included: CentagateWS answers everything with 200.
    #[error("HTTP status {0}")]
    HttpStatus(u16),
    /// More than 256 KiB.
    #[error("more than 256 KiB")]
    TooLarge,
    /// A content coding other than gzip, or damaged gzip.
    #[error("a content coding that cannot be read")]
    ContentCoding,
    /// Not a JSON object, or one that ends early, nests too deep or names a member twice.
    #[error("not a JSON object")]
    NotAnEnvelope,
    /// A login's success without the session's pair.
    #[error("no session in the reply")]
    NoSession,
    /// No `code`, or one that is not an integer.
    #[error("no integer code")]
    NoCode,
}
