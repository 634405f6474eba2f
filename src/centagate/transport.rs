use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use tokio::time::{Instant, timeout, timeout_at};

use super::connection::Connection;
use super::http::Pool;
use super::{Error, NotSent, Unreadable, trust};
use crate::causes::causes;

/// A reply with HTTP status 200.
pub(super) struct Reply {
    pub(super) body: Vec<u8>,
    /// When the server says it answered.
    pub(super) date: Option<HeaderValue>,
}

/// Why there is no reply.
pub(super) enum Failure {
    /// What happened to the connection.
    Connection(String),
    Reply(Unreadable),
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::Connection(causes(&error))
    }
}

/// The times of one call. Connecting does not shorten the time for the reply.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// When the request must be on its way at the latest.
    pub(super) send_by: Instant,
    /// The longest time for sending it and reading the reply.
    pub(super) reply_within: Duration,
}

/// Sends `body` to `path` and reads the reply. Says exactly whether anything was sent.
pub(super) async fn send(
    pool: &Pool,
    method: Method,
    path: PathAndQuery,
    body: Bytes,
    times: Times,
) -> Result<Reply, Error> {
    loop {
        let kept = pool.reuse();
        let was_kept = kept.is_some();
        let mut connection = match kept {
            Some(connection) => connection,
            None => Box::pin(connect(pool, times.send_by)).await?, // rare and large
        };
        if Instant::now() > times.send_by {
            return Err(Error::NotSent(NotSent::DeadlineSpent));
        }
        let request = pool.request(method.clone(), path.clone(), body.clone());
        let exchanged = timeout(times.reply_within, connection.exchange(request)).await;
        return match exchanged {
            Ok(Ok(reply)) => {
                pool.keep(connection);
                Ok(reply)
            }
            Ok(Err(Failure::Reply(unreadable))) => Err(Error::Unreadable(unreadable)),
            Ok(Err(Failure::Connection(cause))) if connection.has_sent() => Err(Error::ConnectionLost(cause)),
            // Only now can it be seen to be closed; another is taken.
            Ok(Err(Failure::Connection(_))) if was_kept => continue,
            Ok(Err(Failure::Connection(cause))) => Err(Error::NotSent(NotSent::CannotConnect(cause))),
            Err(_) if connection.has_sent() => Err(Error::TimedOut),
            Err(_) => Err(Error::NotSent(NotSent::CannotConnect("the request could not be written".to_owned()))),
        };
    }
}

/// Opens a connection. A request whose time ends before says nothing about CENTAGATE, so that is not `CannotConnect`.
async fn connect(pool: &Pool, send_by: Instant) -> Result<Connection, Error> {
    match timeout_at(send_by, pool.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(Error::NotSent(NotSent::CannotConnect(cause(&*error)))),
        Err(_) => Err(Error::NotSent(NotSent::DeadlineSpent)),
    }
}

/// Why no connection could be made, in one line, and the fix where TLS failed; it holds nothing that was sent or received.
fn cause(error: &(dyn StdError + 'static)) -> String {
    let line = causes(error);
    let mut chain = std::iter::successors(Some(error), |&cause| cause.source());
    match chain.find_map(tls_error) {
        Some(tls) => format!("{line}; {}", trust::fix(tls)),
        None => line,
    }
}

/// The TLS error that `cause` is or wraps.
fn tls_error<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    let mut cause = cause;
    loop {
        if let Some(tls) = cause.downcast_ref() {
            return Some(tls);
        }
        cause = cause.downcast_ref::<io::Error>()?.get_ref()?;
    }
}
