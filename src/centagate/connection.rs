use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::{self, ThreadId};

use bytes::Bytes;
use http::header::DATE;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::Instant;

use super::Unreadable;
use super::transport::{Failure, Reply};

/// The largest reply that is read.
const MAX_REPLY_BYTES: usize = 256 * 1024;

/// What bytes go through to the server, TLS and proxies included.
pub(super) trait Stream: Read + Write + Send + Unpin {}

impl<S: Read + Write + Send + Unpin> Stream for S {}

/// A connection with HTTP/1.1, for one request at a time.
///
/// It has no task of its own: whoever has a request on it does its work, too. So a request wakes nobody but itself, and one
/// that is given up ends its connection.
pub(super) struct Connection {
    requests: http1::SendRequest<Full<Bytes>>,
    work: Pin<Box<Work>>,
    ended: bool,
    sent: Arc<AtomicBool>,
    /// The worker that it was opened on, whose runtime watches its socket.
    pub(super) worker: ThreadId,
    pub(super) idle_since: Instant,
}

type Work = http1::Connection<Counted, Full<Bytes>>;

impl Connection {
    /// Speaks HTTP on `stream`, which has just been opened.
    pub(super) async fn over(stream: Box<dyn Stream>) -> hyper::Result<Self> {
        let sent = Arc::new(AtomicBool::new(false));
        let stream = Counted { stream, sent: Arc::clone(&sent) };
        let (requests, work) = http1::handshake(stream).await?;
        let worker = thread::current().id();
        Ok(Self { requests, work: Box::pin(work), ended: false, sent, worker, idle_since: Instant::now() })
    }

    /// Sends `request` and reads the reply, whole.
    pub(super) async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Reply, Failure> {
        self.sent.store(false, Ordering::Relaxed);
        let response = self.requests.send_request(request);
        let (mut head, mut rest) = work_for(&mut self.work, &mut self.ended, response).await?.into_parts();
        if head.status != StatusCode::OK {
            return Err(Failure::Reply(Unreadable::HttpStatus(head.status.as_u16())));
        }
        let mut body = Vec::new();
        while let Some(frame) = work_for(&mut self.work, &mut self.ended, rest.frame()).await {
            let Ok(chunk) = frame?.into_data() else { continue };
            if body.len() + chunk.len() > MAX_REPLY_BYTES {
                return Err(Failure::Reply(Unreadable::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { body, date: head.headers.remove(DATE) })
    }

    /// Whether any byte of the last request has gone out.
    pub(super) fn has_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// Whether another request may be sent: the server has not ended the connection, as far as that can be seen.
    pub(super) fn is_ready(&mut self) -> bool {
        work(&mut self.work, &mut self.ended, &mut Context::from_waker(Waker::noop()));
        !self.ended && self.requests.is_ready()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("worker", &self.worker).finish_non_exhaustive()
    }
}

/// Awaits `part` of an exchange, doing the connection's work meanwhile. All that the connection has to say, errors included,
/// it says through `part`.
async fn work_for<T>(connection: &mut Pin<Box<Work>>, ended: &mut bool, part: impl Future<Output = T>) -> T {
    let mut part = pin!(part);
    poll_fn(|context| {
        if let Poll::Ready(done) = part.as_mut().poll(context) {
            return Poll::Ready(done);
        }
        work(connection, ended, context);
        part.as_mut().poll(context)
    })
    .await
}

fn work(connection: &mut Pin<Box<Work>>, ended: &mut bool, context: &mut Context<'_>) {
    *ended = *ended || connection.as_mut().poll(context).is_ready();
}

/// Notes when a byte goes out.
struct Counted {
    stream: Box<dyn Stream>,
    sent: Arc<AtomicBool>,
}

impl Read for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_read(context, buffer)
    }
}

/// Vectored writes are left to the default, one slice at a time: hyper then sends head and body as one piece.
impl Write for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.sent.store(true, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.stream).poll_shutdown(context)
    }
}
