//! Addresses for programs that bind their own sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};

/// A loopback address that no other program uses, also while the program that it is for is stopped: its host is made of
/// this process's id, and all of 127.0.0.0/8 is this machine.
pub(crate) fn own_address() -> SocketAddr {
    static PORT: AtomicU16 = AtomicU16::new(20_000); // below those that the system gives to connections
    let [_, high, middle, low] = std::process::id().to_be_bytes(); // Linux: at most 22 bits
    SocketAddr::from(([127, high | 0x40, middle, low], PORT.fetch_add(1, Ordering::Relaxed)))
}
