use std::error::Error as StdError;
use std::fmt::Write as _;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, StatusCode, Url};
use tokio::time::{Instant, timeout_at};

use super::tracked_body::TrackedBody;
use super::{Error, NotSent, Unreadable};

/// The largest reply that is read.
const MAX_REPLY_BYTES: usize = 256 * 1024;

/// `PUT`s `body` to `url` and reads the reply's body, all before `deadline`. Says exactly whether anything was sent.
pub(super) async fn put(http: &reqwest::Client, url: Url, body: Vec<u8>, deadline: Instant) -> Result<Vec<u8>, Error> {
    if Instant::now() >= deadline {
        return Err(Error::NotSent(NotSent::DeadlineSpent));
    }
    let (body, taken) = TrackedBody::new(body);
    let request = http
        .put(url)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(ACCEPT, HeaderValue::from_static("application/json"))
        .body(Body::wrap(body));
    match timeout_at(deadline, exchange(request)).await {
        Ok(Ok(reply)) => Ok(reply),
        Ok(Err(Failure::Reply(unreadable))) => Err(Error::Unreadable(unreadable)),
        Ok(Err(Failure::Connection(cause))) if taken.get() => Err(Error::ConnectionLost(cause)),
        Ok(Err(Failure::Connection(cause))) => Err(Error::NotSent(NotSent::CannotConnect(cause))),
        Err(_) if taken.get() => Err(Error::TimedOut),
        Err(_) => Err(Error::NotSent(NotSent::DeadlineSpent)),
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

async fn exchange(request: reqwest::RequestBuilder) -> Result<Vec<u8>, Failure> {
    let mut response = request.send().await?;
    if response.status() != StatusCode::OK {
        return Err(Failure::Reply(Unreadable::HttpStatus(response.status().as_u16())));
    }
    let mut reply = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if reply.len() + chunk.len() > MAX_REPLY_BYTES {
            return Err(Failure::Reply(Unreadable::TooLarge));
        }
        reply.extend_from_slice(&chunk);
    }
    Ok(reply)
}

/// The chain of causes in one line, without the URL; it holds nothing that was sent or received.
fn causes(error: &reqwest::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(line, ": {cause}");
        source = cause.source();
    }
    line
}
