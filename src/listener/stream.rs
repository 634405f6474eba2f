//! The stream of a connection, with limits for input that is read ahead, for idle time and for unread replies.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt::net::TcpStream;
use bytes::{Buf, Bytes};
use rustix::net::sockopt::set_socket_linger;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection::Connection;
use super::input_window::InputWindow;

/// The reply to a head that is too long. It equals actix-http's reply at its own, higher limit.
const HEAD_TOO_LONG: &[u8] =
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// About how much encrypted output may wait to be sent. By default, rustls keeps 64 KiB for a peer that does not read.
const TLS_OUTPUT_BYTES: usize = 16 * 1024;

/// A TCP stream, with or without TLS.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + 'static {
    fn tcp(&self) -> &TcpStream;

    /// Limits the output that waits to be sent.
    fn limit_output(&mut self) {}
}

impl Transport for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Transport for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }

    fn limit_output(&mut self) {
        self.get_mut().1.set_buffer_limit(Some(TLS_OUTPUT_BYTES));
    }
}

/// Passes at most one [`InputWindow`] to actix-http while a handler is running, and no input while the peer does not read the
/// replies. Closes the connection at its deadline.
///
/// actix-http itself has no limit for the requests that it reads ahead, for the time of a later head, or for the time
/// in which a peer must read a reply.
pub(super) struct BoundedStream<T> {
    transport: T,
    connection: Connection,
    window: InputWindow,
    /// Input that exceeds the window.
    surplus: Bytes,
    /// Whether actix-http may not have decoded the last input yet.
    undecoded: bool,
    /// Whether the peer does not read the output.
    write_blocked: bool,
    /// Whether the gateway accepts no more input.
    closed: bool,
    alarm: Pin<Box<Sleep>>,
}

impl<T: Transport> BoundedStream<T> {
    /// Limits `transport`, an accepted stream, for `connection`.
    pub(super) fn new(mut transport: T, connection: Connection) -> Self {
        transport.limit_output();
        let alarm = Box::pin(sleep_until(connection.0.deadline().unwrap_or_else(Instant::now)));
        Self {
            transport,
            connection,
            window: InputWindow::default(),
            surplus: Bytes::new(),
            undecoded: false,
            write_blocked: false,
            closed: false,
            alarm,
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Opens the window if possible, and returns whether input may be read now. If not, the task is woken when that changes.
    fn open_window(&mut self, context: &Context<'_>) -> bool {
        let state = &self.connection.0;
        if state.drained.take() {
            self.window.reopen();
        } else if !state.busy.get() && !self.undecoded {
            self.window.reopen_for_rest_of_head();
        }
        if self.write_blocked {
            state.held.set(true); // until the peer reads
            return false;
        }
        if !self.window.is_full() {
            return true;
        }
        if state.busy.get() {
            state.held.set(true); // until the handler finishes or waits for the body
        } else if self.undecoded {
            context.waker().wake_by_ref(); // actix-http decodes before it polls again
        }
        false
    }

    /// Ends the input if the peer has sent too much without a request. Returns whether the input has ended.
    fn close_if_excessive(&mut self) -> bool {
        let is_idle = !self.connection.0.busy.get() && !self.undecoded;
        self.closed |= is_idle && (self.window.has_long_head() || self.window.has_discarded_too_much());
        self.closed
    }

    /// Reads from the surplus. If there is none, reads from the peer.
    fn poll_input(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.surplus.is_empty() {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut self.transport).poll_read(context, buffer))?;
            let input = &buffer.filled()[before..];
            let admitted = self.window.admit(input);
            self.undecoded = admitted > 0; // 0 is the end of the input
            if admitted < input.len() {
                self.surplus = Bytes::copy_from_slice(&input[admitted..]);
                buffer.set_filled(before + admitted);
            }
        } else {
            let fitting = self.surplus.len().min(buffer.remaining());
            let admitted = self.window.admit(&self.surplus[..fitting]);
            buffer.put_slice(&self.surplus[..admitted]);
            self.surplus.advance(admitted);
            self.undecoded = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Records whether the peer reads the output, and closes the connection at its deadline.
    fn after_write<R>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        let was_blocked = std::mem::replace(&mut self.write_blocked, written.is_pending());
        if was_blocked && !self.write_blocked && self.connection.0.held.take() {
            context.waker().wake_by_ref();
        }
        if self.poll_deadline(context) || self.write_blocked && self.connection.0.evicted.get() {
            return Poll::Ready(Err(self.reset()));
        }
        written
    }

    /// Returns whether the deadline has passed. If not, the task is woken at the deadline.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> bool {
        while self.alarm.as_mut().poll(context).is_ready() {
            match self.connection.0.deadline() {
                Some(deadline) if deadline > self.alarm.deadline() => self.alarm.as_mut().reset(deadline),
                _ => return true,
            }
        }
        false
    }

    /// Makes the kernel reset the connection, and discard unsent output, when the stream is dropped.
    fn reset(&self) -> io::Error {
        let _ = set_socket_linger(self.transport.tcp(), Some(Duration::ZERO)); // fails if the connection is already closed
        io::ErrorKind::TimedOut.into()
    }
}

impl<T: Transport> AsyncRead for BoundedStream<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.connection.0.set_task(context);
        let is_open = this.open_window(context);
        if this.close_if_excessive() {
            return Poll::Ready(Ok(())); // reads as the end of the input
        }
        let read = if is_open { this.poll_input(context, buffer) } else { Poll::Pending };
        if read.is_pending() {
            this.undecoded = false; // actix-http decodes next
            if this.connection.0.evicted.get() && !this.connection.0.busy.get() {
                return Poll::Ready(Err(this.reset()));
            }
        }
        read
    }
}

impl<T: Transport> AsyncWrite for BoundedStream<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, output: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.transport).poll_write(context, output);
        this.after_write(context, written)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = Pin::new(&mut this.transport).poll_flush(context);
        this.after_write(context, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if std::mem::take(&mut this.closed) && this.window.has_long_head() {
            // If this short reply does not fit into the buffers of the connection, the peer does not read anyway.
            let _ = Pin::new(&mut this.transport).poll_write(context, HEAD_TOO_LONG);
        }
        Pin::new(&mut this.transport).poll_shutdown(context)
    }
}
