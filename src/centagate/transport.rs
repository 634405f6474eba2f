use std::error::Error as StdError;
use std::io;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use tokio::time::{Instant, timeout_at};

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

/// Sends `body` to `path` and reads the reply, all before `deadline`. Says exactly whether anything was sent.
pub(super) async fn send(
    pool: &Pool,
    method: Method,
    path: PathAndQuery,
    body: Bytes,
    deadline: Instant,
) -> Result<Reply, Error> {
    if Instant::now() >= deadline {
        return Err(Error::NotSent(NotSent::DeadlineSpent));
    }
    let mut used = None;
    let exchanged = timeout_at(deadline, exchange(pool, &mut used, method, path, body)).await;
    let sent = used.as_ref().is_some_and(Connection::has_sent);
    match exchanged {
        Ok(Ok(reply)) => {
            if let Some(connection) = used {
                pool.keep(connection);
            }
            Ok(reply)
        }
        Ok(Err(Failure::Reply(unreadable))) => Err(Error::Unreadable(unreadable)),
        Ok(Err(Failure::Connection(cause))) if sent => Err(Error::ConnectionLost(cause)),
        Ok(Err(Failure::Connection(cause))) => Err(Error::NotSent(NotSent::CannotConnect(cause))),
        Err(_) if sent => Err(Error::TimedOut),
        Err(_) => Err(Error::NotSent(NotSent::CannotConnect("no connection in time".to_owned()))),
    }
}

/// Sends a request on the connection that is left in `used`.
async fn exchange(
    pool: &Pool,
    used: &mut Option<Connection>,
    method: Method,
    path: PathAndQuery,
    body: Bytes,
) -> Result<Reply, Failure> {
    loop {
        let kept = pool.reuse();
        let was_kept = kept.is_some();
        let connection = match kept {
            Some(connection) => connection,
            None => Box::pin(pool.connect()).await.map_err(|error| Failure::Connection(cause(&*error)))?, // rare and large
        };
        let connection = used.insert(connection);
        let exchanged = connection.exchange(pool.request(method.clone(), path.clone(), body.clone())).await;
        match exchanged {
            // Only now can it be seen to be closed; another is taken.
            Err(Failure::Connection(_)) if was_kept && !connection.has_sent() => {}
            exchanged => return exchanged,
        }
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
