use std::error::Error as StdError;
use std::io;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderValue};
use reqwest::{Body, Method, StatusCode, Url};
use tokio::time::{Instant, timeout_at};

use super::tracked_body::TrackedBody;
use super::{Error, NotSent, Unreadable, trust};

/// The largest reply that is read.
const MAX_REPLY_BYTES: usize = 256 * 1024;

/// A reply with HTTP status 200.
pub(super) struct Reply {
    pub(super) body: Vec<u8>,
    /// When the server says it answered.
    pub(super) date: Option<HeaderValue>,
}

/// Sends `body` to `url` and reads the reply, all before `deadline`. Says exactly whether anything was sent.
pub(super) async fn send(
    http: &reqwest::Client,
    method: Method,
    url: Url,
    body: Bytes,
    deadline: Instant,
) -> Result<Reply, Error> {
    if Instant::now() >= deadline {
        return Err(Error::NotSent(NotSent::DeadlineSpent));
    }
    let (body, tracker) = TrackedBody::new(body);
    let request = http
        .request(method, url)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .body(Body::wrap(body));
    match timeout_at(deadline, exchange(request)).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(Failure::Reply(unreadable))) => Err(Error::Unreadable(unreadable)),
        Ok(Err(Failure::Connection(cause))) if tracker.was_taken() => Err(Error::ConnectionLost(cause)),
        Ok(Err(Failure::Connection(cause))) => Err(Error::NotSent(NotSent::CannotConnect(cause))),
        Err(_) if tracker.was_taken() => Err(Error::TimedOut),
        Err(_) => Err(Error::NotSent(NotSent::CannotConnect("no connection in time".to_owned()))),
    }
}

enum Failure {
    Connection(String),
    Reply(Unreadable),
}

impl From<reqwest::Error> for Failure {
    fn from(error: reqwest::Error) -> Self {
        Self::Connection(causes(&error.without_url()))
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<Reply, Failure> {
    let mut response = request.send().await?;
    if response.status() != StatusCode::OK {
        return Err(Failure::Reply(Unreadable::HttpStatus(response.status().as_u16())));
    }
    let date = response.headers_mut().remove(DATE);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > MAX_REPLY_BYTES {
            return Err(Failure::Reply(Unreadable::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { body, date })
}

/// The chain of causes in one line, without the URL, and the fix where TLS failed; it holds nothing that was sent or
/// received.
fn causes(error: &reqwest::Error) -> String {
    let line = crate::causes::causes(error);
    let mut chain = std::iter::successors(error.source(), |&cause| cause.source());
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
