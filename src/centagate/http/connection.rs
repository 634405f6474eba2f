//! One HTTP/1.1 connection to CENTAGATE.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::task::coop::consume_budget;
use tokio::time::Instant;

use super::stream::{CountedStream, Stream, Traffic};
use crate::causes::causes;
use crate::centagate::error::Unreadable;

/// The maximum size of a reply body.
pub(in crate::centagate) const MAX_REPLY_BYTES: usize = 256 * 1024;

/// The maximum size of a reply's head, and of one read.
const MAX_BUFFER_BYTES: usize = 64 * 1024;

/// A reply with HTTP status 200, as received.
pub(in crate::centagate) struct Response {
    pub(in crate::centagate) headers: HeaderMap,
    pub(in crate::centagate) body: Vec<u8>,
}

/// Why an exchange failed.
pub(in crate::centagate) enum Failure {
    /// The connection failed.
    Connection(String),
    /// The reply cannot be read.
    Reply(Unreadable),
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::Connection(causes(&error))
    }
}

/// An HTTP/1.1 connection, for one request at a time.
///
/// It has no task of its own: the request that uses it drives it. A request therefore wakes only itself, and dropping a
/// request closes its connection.
pub(in crate::centagate) struct Connection {
    requests: http1::SendRequest<Full<Bytes>>,
    work: Pin<Box<Work>>,
    ended: bool,
    traffic: Arc<Traffic>,
    /// Whether no request has been sent on it yet.
    pub(in crate::centagate) is_unused: bool,
    /// The worker that opened it. The runtime of that worker watches the socket.
    pub(in crate::centagate) worker: ThreadId,
    pub(in crate::centagate) idle_since: Instant,
}

type Work = http1::Connection<TokioIo<CountedStream>, Full<Bytes>>;

impl Connection {
    /// Starts HTTP on a new `stream`.
    pub(in crate::centagate) async fn over(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let traffic = Arc::new(Traffic::default());
        let stream = TokioIo::new(CountedStream::new(stream, Arc::clone(&traffic)));
        let (requests, work) = http1::Builder::new().max_buf_size(MAX_BUFFER_BYTES).handshake(stream).await?;
        Ok(Self {
            requests,
            work: Box::pin(work),
            ended: false,
            traffic,
            is_unused: true,
            worker: thread::current().id(),
            idle_since: Instant::now(),
        })
    }

    /// Sends `request` and reads the whole reply. Sends nothing if the server has already sent bytes, because they would
    /// count as the reply.
    pub(in crate::centagate) async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Response, Failure> {
        self.traffic.reset();
        if !self.is_silent().await {
            return Err(Failure::Connection(
                "the server sent bytes before the request, or ended the connection".into(),
            ));
        }
        self.is_unused = false;
        match self.send_and_read(request).await {
            Err(Failure::Connection(_)) if self.traffic.exceeds_limit() => Err(Failure::Reply(Unreadable::TooLarge)),
            exchanged => exchanged,
        }
    }

    async fn send_and_read(&mut self, request: Request<Full<Bytes>>) -> Result<Response, Failure> {
        let response = self.requests.send_request(request);
        let (head, mut rest) = drive_until(&mut self.work, &mut self.ended, response).await?.into_parts();
        if head.status != StatusCode::OK {
            return Err(Failure::Reply(Unreadable::HttpStatus(head.status.as_u16())));
        }
        let mut body = Vec::new();
        while let Some(frame) = drive_until(&mut self.work, &mut self.ended, rest.frame()).await {
            let Ok(chunk) = frame?.into_data() else { continue };
            if body.len() + chunk.len() > MAX_REPLY_BYTES {
                return Err(Failure::Reply(Unreadable::TooLarge));
            }
            body.extend_from_slice(&chunk);
            consume_budget().await; // many small chunks must not keep the deadline and other requests waiting
        }
        Ok(Response { headers: head.headers, body })
    }

    /// Whether any byte of the last request was sent.
    pub(in crate::centagate) fn has_sent(&self) -> bool {
        self.traffic.has_sent()
    }

    /// Whether the connection can carry another request: the server has neither closed it nor sent anything after its last
    /// reply, as far as the runtime has noticed.
    pub(in crate::centagate) fn is_ready(&mut self) -> bool {
        drive(&mut self.work, &mut self.ended, &mut Context::from_waker(Waker::noop()));
        !self.ended && self.requests.is_ready()
    }

    /// Whether the server has neither closed the connection nor sent anything. Checks the socket itself. Unread bytes may
    /// belong to TLS; in that case, it waits until they are read.
    async fn is_silent(&mut self) -> bool {
        poll_fn(|context| {
            let (connection, ended) = (&mut self.work, &mut self.ended);
            let has_unread = self.traffic.has_unread_after(|| drive(connection, ended, context));
            if has_unread && !self.ended { Poll::Pending } else { Poll::Ready(!self.ended) }
        })
        .await
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("worker", &self.worker).finish_non_exhaustive()
    }
}

/// Awaits `part` of an exchange and drives the connection meanwhile. Errors of the connection also arrive through `part`.
async fn drive_until<T>(connection: &mut Pin<Box<Work>>, ended: &mut bool, part: impl Future<Output = T>) -> T {
    let mut part = pin!(part);
    poll_fn(|context| {
        if let Poll::Ready(done) = part.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        drive(connection, ended, context);
        part.as_mut().poll(context)
    })
    .await
}

fn drive(connection: &mut Pin<Box<Work>>, ended: &mut bool, context: &mut Context<'_>) {
    *ended = *ended || connection.as_mut().poll(context).is_ready();
}
