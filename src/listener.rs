//! The sockets that callers and operators connect to.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use rustix::net::listen;
use rustix::net::sockopt::{set_socket_send_buffer_size, set_tcp_user_timeout};

/// Connections that may wait to be accepted; the standard library's 128 is little for a burst.
const BACKLOG: i32 = 2048;

/// How long a peer may take nothing of what is sent to it before the kernel ends its connection.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// What the kernel keeps for a peer that does not read, in bytes; it doubles that for its own bookkeeping. Left to itself it
/// keeps more than a megabyte for a peer on this machine.
const SEND_BUFFER: usize = 64 * 1024;

/// A bound socket.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Listens on a port of a host, or on a free one where `port` is 0.
    pub(crate) fn bind(host: &str, port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((host, port))?;
        socket.set_nonblocking(true)?;
        // Accepted sockets inherit both.
        set_tcp_user_timeout(&socket, u32::try_from(STALL_TIMEOUT.as_millis()).unwrap_or(u32::MAX))?;
        set_socket_send_buffer_size(&socket, SEND_BUFFER)?;
        listen(&socket, BACKLOG)?;
        Ok(Self { address: socket.local_addr()?, socket })
    }
}
