//! Why a call failed, named after what the gateway can do next.

use std::time::Duration;

use thiserror::Error as ThisError;

use super::return_code::ReturnCode;

/// Why a call failed.
///
/// `Display` and `Debug` contain no URL, no secret and no text that CENTAGATE or a caller sent.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Nothing was sent.
    #[error("nothing was sent: {0}")]
    NotSent(NotSent),
    /// The request was sent, but no complete reply arrived in time.
    #[error("no reply in time")]
    TimedOut,
    /// The connection failed after the request was sent.
    #[error("connection lost after sending: {0}")]
    ConnectionLost(String),
    /// CENTAGATE answered with a code other than 0.
    #[error("refused with code {0}")]
    Refused(ReturnCode),
    /// The reply is not CENTAGATE's envelope. It may come from something in front of CENTAGATE.
    #[error("unreadable reply: {0}")]
    Unreadable(Unreadable),
}

impl Error {
    /// Whether CENTAGATE could not be reached or did not answer. Any answer, even an unreadable one, shows that it is there.
    pub(super) fn is_of_unavailability(&self) -> bool {
        matches!(self, Self::NotSent(NotSent::CannotConnect(_)) | Self::TimedOut)
    }
}

/// Why nothing was sent.
#[derive(Debug, ThisError)]
pub enum NotSent {
    /// No connection could be opened in time.
    #[error("cannot connect: {0}")]
    CannotConnect(String),
    /// The request's deadline left too little time to wait for a reply.
    #[error("the deadline left too little time to wait for a reply")]
    DeadlineSpent,
    /// There was no admin session in time.
    #[error("no admin session")]
    NoSession,
    /// Too many requests are waiting.
    #[error("too many requests are waiting")]
    Busy,
    /// Too many requests of this caller are waiting.
    #[error("too many requests of this caller are waiting")]
    ShareOfCaller,
    /// The circuit breaker stays open for this long.
    #[error("the circuit breaker is open for {} ms", .0.as_millis())]
    CircuitOpen(Duration),
    /// The idempotency store could not record that the request is about to be sent.
    #[error("the idempotency store cannot record that the request is sent")]
    Unrecorded,
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopping,
}

/// Why a reply cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum Unreadable {
    /// An HTTP status other than 200. CentagateWS answers every request with 200, so redirects count, too.
    #[error("HTTP status {0}")]
    HttpStatus(u16),
    /// The reply is larger than 256 KiB.
    #[error("more than 256 KiB")]
    TooLarge,
    /// The content coding is not gzip, or the gzip data is damaged.
    #[error("a content coding that cannot be read")]
    ContentCoding,
    /// The reply is not a JSON object, or it is truncated, nested too deeply or has a duplicate member.
    #[error("not a JSON object")]
    NotAnEnvelope,
    /// The reply to a login lacks the session's auth token or secret code.
    #[error("no session in the reply")]
    NoSession,
    /// The reply has no `code`, or `code` is not an integer.
    #[error("no integer code")]
    NoCode,
}
