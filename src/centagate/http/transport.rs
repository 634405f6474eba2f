//! Sends one request and reads the reply.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::DATE;
use serde_json::Value;
use tokio::time::{Instant, timeout, timeout_at};

use super::connection::{Connection, Failure, Response};
use super::pool::Pool;
use super::request::{ConnectionKind, UpstreamRequest};
use super::{content_coding, trust};
use crate::causes::causes;
use crate::centagate::envelope;
use crate::centagate::error::{Error, NotSent, Unreadable};
use crate::centagate::return_code::ReturnCode;

/// A readable reply: CENTAGATE's envelope.
pub(in crate::centagate) struct Reply {
    /// The envelope's `object`, or its return code if that is not 0.
    pub(in crate::centagate) object: Result<Value, ReturnCode>,
    /// The server's `Date`.
    pub(in crate::centagate) date: Option<HeaderValue>,
}

/// The time limits of one request. Connecting does not shorten the time for the reply.
#[derive(Clone, Copy, Debug)]
pub(in crate::centagate) struct Times {
    /// The latest time to send the request.
    pub(in crate::centagate) send_by: Instant,
    /// The maximum time to send the request and read the reply.
    pub(in crate::centagate) reply_within: Duration,
}

/// Sends `request` and reads the reply. Errors say exactly whether anything was sent.
pub(in crate::centagate) async fn send(
    pool: &Arc<Pool>,
    request: &UpstreamRequest,
    times: Times,
) -> Result<Reply, Error> {
    loop {
        let idle = pool.take(request.connection);
        let was_idle = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Box::pin(connect_by(pool, times.send_by)).await?, // rare and large
        };
        if request.connection == ConnectionKind::Dedicated {
            pool.open_spare(); // while CENTAGATE answers
        }
        if Instant::now() > times.send_by {
            return Err(Error::NotSent(NotSent::DeadlineSpent));
        }
        let exchanged = timeout(times.reply_within, connection.exchange(pool.request(request))).await;
        return match exchanged {
            Ok(Ok(response)) => {
                let reply = read(response).map_err(Error::Unreadable)?;
                // After an unreadable reply, the next bytes may be the rest of it, so the connection is not kept.
                if request.connection == ConnectionKind::Shared {
                    pool.keep(connection);
                }
                Ok(reply)
            }
            Ok(Err(Failure::Reply(unreadable))) => Err(Error::Unreadable(unreadable)),
            Ok(Err(Failure::Connection(cause))) if connection.has_sent() => Err(Error::ConnectionLost(cause)),
            // The connection ended while it was idle: try another one.
            Ok(Err(Failure::Connection(_))) if was_idle => continue,
            Ok(Err(Failure::Connection(cause))) => Err(Error::NotSent(NotSent::CannotConnect(cause))),
            Err(_) if connection.has_sent() => Err(Error::TimedOut),
            Err(_) => Err(Error::NotSent(NotSent::CannotConnect("the request could not be written".to_owned()))),
        };
    }
}

/// Opens a connection. If the deadline passes before, that says nothing about CENTAGATE, so it is not `CannotConnect`.
async fn connect_by(pool: &Pool, send_by: Instant) -> Result<Connection, Error> {
    timeout_at(send_by, connect(pool)).await.unwrap_or(Err(Error::NotSent(NotSent::DeadlineSpent)))
}

/// Opens a connection.
///
/// # Errors
/// If the server cannot be reached, or is not trusted.
pub(in crate::centagate) async fn connect(pool: &Pool) -> Result<Connection, Error> {
    pool.connect().await.map_err(|error| Error::NotSent(NotSent::CannotConnect(cause(&*error))))
}

fn read(mut response: Response) -> Result<Reply, Unreadable> {
    let body = content_coding::decode(&response.headers, response.body)?;
    Ok(Reply { object: envelope::decode(&body)?, date: response.headers.remove(DATE) })
}

/// Why no connection could be opened, in one line, with the fix if TLS failed. Contains nothing that was sent or received.
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
