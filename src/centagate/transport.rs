use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::DATE;
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};

use super::call::{Call, ConnectionKind};
use super::connection::{Connection, Response};
use super::pool::Pool;
use super::{Error, NotSent, ReturnCode, Unreadable, content_coding, envelope, trust};
use crate::causes::causes;

/// A reply that could be read: CENTAGATE's envelope.
pub(super) struct Reply {
    /// The envelope's `object`, or the return code that it holds instead.
    pub(super) object: Result<Value, ReturnCode>,
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

/// Makes `call` and reads the reply. Errors say exactly whether anything was sent.
pub(super) async fn send(pool: &Arc<Pool>, call: &Call, times: Times) -> Result<Reply, Error> {
    loop {
        let idle = pool.take(call.connection);
        let was_idle = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Box::pin(connect(pool, times.send_by)).await?, // rare and large
        };
        if call.connection == ConnectionKind::Dedicated {
            pool.open_spare(); // while CENTAGATE answers
        }
        if Instant::now() > times.send_by {
            return Err(Error::NotSent(NotSent::DeadlineSpent));
        }
        let exchanged = timeout(times.reply_within, connection.exchange(pool.request(call))).await;
        return match exchanged {
            Ok(Ok(response)) => {
                let reply = read(response).map_err(Error::Unreadable)?;
                // After a reply that cannot be read, the next bytes may be the rest of it.
                if call.connection == ConnectionKind::Shared {
                    pool.keep(connection);
                }
                Ok(reply)
            }
            Ok(Err(Failure::Reply(unreadable))) => Err(Error::Unreadable(unreadable)),
            Ok(Err(Failure::Connection(cause))) if connection.has_sent() => Err(Error::ConnectionLost(cause)),
            // The connection ended while it was idle, so another one is tried.
            Ok(Err(Failure::Connection(_))) if was_idle => continue,
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

fn read(mut response: Response) -> Result<Reply, Unreadable> {
    let body = content_coding::decode(&response.headers, response.body)?;
    Ok(Reply { object: envelope::decode(&body)?, date: response.headers.remove(DATE) })
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
