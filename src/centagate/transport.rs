use std::error::Error as StdError;
use std::io;
use std::sync::Arc;

use http::HeaderValue;
use http::header::DATE;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

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

/// Makes `call` and reads the reply before `deadline`. Errors say exactly whether anything was sent.
pub(super) async fn send(pool: &Arc<Pool>, call: &Call, deadline: Instant) -> Result<Reply, Error> {
    if Instant::now() >= deadline {
        return Err(Error::NotSent(NotSent::DeadlineSpent));
    }
    let mut used = None;
    let exchanged = timeout_at(deadline, exchange(pool, &mut used, call)).await;
    let sent = used.as_ref().is_some_and(Connection::has_sent);
    match exchanged {
        Ok(Ok(response)) => {
            let reply = read(response).map_err(Error::Unreadable)?;
            // After a reply that cannot be read, the next bytes may be the rest of it.
            if let (Some(connection), ConnectionKind::Shared) = (used, call.connection) {
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

fn read(mut response: Response) -> Result<Reply, Unreadable> {
    let body = content_coding::decode(&response.headers, response.body)?;
    Ok(Reply { object: envelope::decode(&body)?, date: response.headers.remove(DATE) })
}

/// Makes `call` on the connection that is left in `used`.
async fn exchange(pool: &Arc<Pool>, used: &mut Option<Connection>, call: &Call) -> Result<Response, Failure> {
    loop {
        let idle = pool.take(call.connection);
        let was_idle = idle.is_some();
        let connection = match idle {
            Some(connection) => connection,
            None => Box::pin(pool.connect()).await.map_err(|error| Failure::Connection(cause(&*error)))?, // rare and large
        };
        let connection = used.insert(connection);
        if call.connection == ConnectionKind::Dedicated {
            pool.open_spare(); // while CENTAGATE answers
        }
        match connection.exchange(pool.request(call)).await {
            // The connection ended while it was idle, so another one is tried.
            Err(Failure::Connection(_)) if was_idle && !connection.has_sent() => {}
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
