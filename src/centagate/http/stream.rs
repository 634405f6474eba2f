//! Counts the bytes of one connection to CENTAGATE, and checks the socket underneath.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, Write};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The maximum number of bytes received per exchange: a reply of 256 KiB, and 64 KiB of heads, interim replies and chunk framing.
pub(in crate::centagate) const MAX_RECEIVED_BYTES: usize = (256 + 64) * 1024;

/// A stream of bytes to the server, including TLS and proxies.
pub(in crate::centagate) trait Stream: Read + Write + Send + Unpin {
    /// The socket that carries the bytes.
    fn socket(&self) -> BorrowedFd<'_>;

    /// Whether TLS runs on the socket. The bytes of the socket are then not the bytes of the stream.
    fn is_encrypted(&self) -> bool;
}

impl<S: AsyncRead + AsyncWrite + AsFd + Send + Unpin> Stream for TokioIo<S> {
    fn socket(&self) -> BorrowedFd<'_> {
        self.inner().as_fd()
    }

    fn is_encrypted(&self) -> bool {
        false
    }
}

impl<S: Stream> Stream for MaybeHttpsStream<S> {
    fn socket(&self) -> BorrowedFd<'_> {
        match self {
            Self::Http(stream) => stream.socket(),
            Self::Https(tls) => tls.inner().get_ref().0.inner().socket(),
        }
    }

    fn is_encrypted(&self) -> bool {
        match self {
            Self::Http(stream) => stream.is_encrypted(),
            Self::Https(_) => true,
        }
    }
}

/// The traffic of a stream. The connection and the stream share it, because hyper owns the stream.
#[derive(Debug, Default)]
pub(in crate::centagate) struct Traffic {
    has_sent: AtomicBool,
    received: AtomicUsize,
    is_checked: AtomicBool,
    has_unread: AtomicBool,
}

impl Traffic {
    /// Starts counting for the next exchange.
    pub(in crate::centagate) fn reset(&self) {
        self.has_sent.store(false, Ordering::Relaxed);
        self.received.store(0, Ordering::Relaxed);
    }

    /// Whether a byte has been sent.
    pub(in crate::centagate) fn has_sent(&self) -> bool {
        self.has_sent.load(Ordering::Relaxed)
    }

    /// Whether more bytes have been received than an exchange may receive.
    pub(in crate::centagate) fn exceeds_limit(&self) -> bool {
        self.received.load(Ordering::Relaxed) > MAX_RECEIVED_BYTES
    }

    /// Does `work`. A read that finds nothing then also checks the socket. Returns whether the socket holds unread bytes.
    pub(in crate::centagate) fn has_unread_after(&self, work: impl FnOnce()) -> bool {
        self.has_unread.store(false, Ordering::Relaxed);
        self.is_checked.store(true, Ordering::Relaxed);
        work();
        self.is_checked.store(false, Ordering::Relaxed);
        self.has_unread.load(Ordering::Relaxed)
    }
}

/// A stream that counts its traffic and limits what it receives.
pub(in crate::centagate) struct CountedStream {
    stream: TokioIo<Box<dyn Stream>>,
    traffic: Arc<Traffic>,
}

impl CountedStream {
    pub(in crate::centagate) fn new(stream: Box<dyn Stream>, traffic: Arc<Traffic>) -> Self {
        Self { stream: TokioIo::new(stream), traffic }
    }
}

impl AsyncRead for CountedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() && self.traffic.is_checked.load(Ordering::Relaxed) {
            return look_at_socket(&**self.stream.inner(), &self.traffic);
        }
        ready!(read)?;
        self.traffic.received.fetch_add(buffer.filled().len() - before, Ordering::Relaxed);
        if self.traffic.exceeds_limit() {
            return Poll::Ready(Err(io::Error::other("the server sends too much")));
        }
        Poll::Ready(Ok(()))
    }
}

/// Peeks at the socket, because tokio only knows bytes that its reactor has noticed. Unread bytes of a plain stream are an
/// error. With TLS they may be a session ticket, so that is left to the next read.
fn look_at_socket(stream: &dyn Stream, traffic: &Traffic) -> Poll<io::Result<()>> {
    match recv(stream.socket(), &mut [0; 1], RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Err(Errno::AGAIN | Errno::INTR) => Poll::Pending,
        Err(error) => Poll::Ready(Err(error.into())),
        Ok(_) if stream.is_encrypted() => {
            traffic.has_unread.store(true, Ordering::Relaxed);
            Poll::Pending
        }
        Ok(_) => Poll::Ready(Err(io::Error::other("the server sent bytes, or ended the connection"))),
    }
}

/// Does not implement vectored writes: hyper then sends head and body as one piece.
impl AsyncWrite for CountedStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.traffic.has_sent.store(true, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
