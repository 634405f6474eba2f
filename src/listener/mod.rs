//! The sockets that callers and operators connect to, and the bounds on each connection.
//!
//! `server` accepts connections and hands each one to actix-http as a `BoundedStream`. `connection` holds what the stream of a
//! connection and the requests on it tell each other.

mod address;
mod connection;
mod crowd;
mod expectation;
mod input_window;
mod server;
mod stream;
#[cfg(test)]
mod stream_tests;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use rustix::net::listen;
use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_send_buffer_size, set_tcp_user_timeout};

pub(crate) use connection::Connection;
pub(crate) use server::{Accepting, HEAD_TIMEOUT, serve};

/// Connections that the management listener serves at once.
pub(crate) const MANAGEMENT_CONNECTIONS: usize = 512;

/// Connections that may wait to be accepted. The standard library's 128 is too few for a burst.
const BACKLOG: i32 = 2048;

/// How long a peer may leave everything that is sent to it unread before the kernel ends its connection.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// What the kernel buffers in each direction of a connection, in bytes. The kernel doubles it for its own bookkeeping. Its
/// default can grow to megabytes for a single connection.
const SOCKET_BUFFER: usize = 64 * 1024;

/// A bound socket.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Listens on a port of a host. Port 0 takes a free one. The host `::` serves IPv6 and IPv4.
    pub(crate) fn bind(host: &str, port: u16) -> io::Result<Self> {
        let socket = address::bind(host, port)?;
        socket.set_nonblocking(true)?;
        // Accepted sockets inherit these options.
        set_tcp_user_timeout(&socket, u32::try_from(STALL_TIMEOUT.as_millis()).unwrap_or(u32::MAX))?;
        set_socket_send_buffer_size(&socket, SOCKET_BUFFER)?;
        set_socket_recv_buffer_size(&socket, SOCKET_BUFFER)?;
        listen(&socket, BACKLOG)?;
        Ok(Self { address: socket.local_addr()?, socket })
    }
}
