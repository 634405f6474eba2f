//! Binds the listening sockets.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{
    set_ipv6_v6only, set_socket_recv_buffer_size, set_socket_reuseaddr, set_socket_send_buffer_size,
    set_tcp_user_timeout,
};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind as bind_socket, listen, socket_with};

/// The number of connections that can wait to be accepted. The standard library's 128 is too low for a burst.
const BACKLOG: i32 = 2048;

/// After this time without any acknowledgement by the peer, the kernel closes a connection with unread data.
const STALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The kernel's buffer for each direction of a connection, in bytes. The kernel doubles the number. Its default can grow to
/// megabytes per connection.
const SOCKET_BUFFER: usize = 16 * 1024;

/// A bound socket.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Listener {
    /// Listens on a port of a host. Port 0 selects a free port. The host `::` serves IPv6 and IPv4.
    ///
    /// # Errors
    /// If the address cannot be bound.
    pub(crate) fn bind(host: &str, port: u16) -> io::Result<Self> {
        let socket = bind(host, port)?;
        socket.set_nonblocking(true)?;
        // Accepted sockets inherit these options.
        set_tcp_user_timeout(&socket, u32::try_from(STALL_TIMEOUT.as_millis()).unwrap_or(u32::MAX))?;
        set_socket_send_buffer_size(&socket, SOCKET_BUFFER)?;
        set_socket_recv_buffer_size(&socket, SOCKET_BUFFER)?;
        listen(&socket, BACKLOG)?;
        Ok(Self { address: socket.local_addr()?, socket })
    }
}

/// Binds a port of `host`.
///
/// `::` serves IPv6 and IPv4, whatever `net.ipv6.bindv6only` is. On a kernel without IPv6, it serves IPv4 only.
fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    if host == Ipv6Addr::UNSPECIFIED.to_string() {
        bind_both(port, bind_dual_stack)
    } else {
        TcpListener::bind((host, port))
    }
}

fn bind_both(port: u16, dual_stack: impl Fn(u16) -> Result<TcpListener, Errno>) -> io::Result<TcpListener> {
    match dual_stack(port) {
        // The kernel has no IPv6, or IPv6 is disabled.
        Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)),
        bound => Ok(bound?),
    }
}

fn bind_dual_stack(port: u16) -> Result<TcpListener, Errno> {
    let socket = socket_with(AddressFamily::INET6, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_ipv6_v6only(&socket, false)?;
    set_socket_reuseaddr(&socket, true)?; // like the standard library
    bind_socket(&socket, &SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)))?;
    listen(&socket, BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};

    use rustix::io::Errno;
    use rustix::net::sockopt::ipv6_v6only;

    use super::{bind, bind_both};

    #[test]
    fn the_unspecified_ipv6_address_serves_both_families() {
        let listener = bind("::", 0).unwrap();
        assert!(!ipv6_v6only(&listener).unwrap());
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect((Ipv6Addr::LOCALHOST, port)).unwrap();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }

    #[test]
    fn a_kernel_without_ipv6_serves_ipv4() {
        for errno in [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL] {
            let listener = bind_both(0, |_| Err(errno)).unwrap();
            assert!(listener.local_addr().unwrap().is_ipv4());
            TcpStream::connect((Ipv4Addr::LOCALHOST, listener.local_addr().unwrap().port())).unwrap();
        }
        assert!(bind_both(0, |_| Err(Errno::ADDRINUSE)).is_err(), "a port in use is an error");
    }

    #[test]
    fn any_other_address_is_bound_as_it_is() {
        assert_eq!(bind("127.0.0.1", 0).unwrap().local_addr().unwrap().ip(), Ipv4Addr::LOCALHOST);
        assert_eq!(bind("::1", 0).unwrap().local_addr().unwrap().ip(), Ipv6Addr::LOCALHOST);
    }
}
