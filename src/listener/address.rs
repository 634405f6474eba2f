//! Binds sockets, for both address families where the host is `::`.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use rustix::io::Errno;
use rustix::net::sockopt::{set_ipv6_v6only, set_socket_reuseaddr};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind as bind_socket, listen, socket_with};

/// Binds a port of `host` and listens on it.
///
/// `::` serves IPv6 and IPv4, whatever `net.ipv6.bindv6only` says. On a kernel without IPv6, it serves IPv4 alone.
pub(super) fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    if host == Ipv6Addr::UNSPECIFIED.to_string() {
        bind_both(port, bind_dual_stack)
    } else {
        TcpListener::bind((host, port))
    }
}

fn bind_both(port: u16, dual_stack: impl Fn(u16) -> Result<TcpListener, Errno>) -> io::Result<TcpListener> {
    match dual_stack(port) {
        // No such address family, or it is switched off.
        Err(Errno::AFNOSUPPORT | Errno::ADDRNOTAVAIL) => TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)),
        bound => Ok(bound?),
    }
}

fn bind_dual_stack(port: u16) -> Result<TcpListener, Errno> {
    let socket = socket_with(AddressFamily::INET6, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_ipv6_v6only(&socket, false)?;
    set_socket_reuseaddr(&socket, true)?; // as the standard library does
    bind_socket(&socket, &SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)))?;
    listen(&socket, super::BACKLOG)?;
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
