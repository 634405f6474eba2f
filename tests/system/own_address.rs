//! Addresses for programs that bind their own sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};

/// A loopback address that no other program uses, even while its own program is stopped. The host is derived from this
/// process's id: all of 127.0.0.0/8 belongs to this machine.
pub(crate) fn own_address() -> SocketAddr {
    static PORT: AtomicU16 = AtomicU16::new(20_000); // below the system's ephemeral ports
    let [_, high, middle, low] = std::process::id().to_be_bytes(); // on Linux, a process id has at most 22 bits
    SocketAddr::from(([127, high | 0x40, middle, low], PORT.fetch_add(1, Ordering::Relaxed)))
}
