//! The accepting side of a listener: stops accepting without losing a connection that a peer believes to be open.

use std::io;
use std::net::{IpAddr, Shutdown, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::net::TcpStream;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockFilter, Socket};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// How long a handshake that has begun may take.
const HANDSHAKES: Duration = Duration::from_millis(250);

/// The maximum time to accept the connections that are in the kernel's queue.
const QUEUE: Duration = Duration::from_secs(1);

/// The maximum time for new connections to send the head of their first request.
const FIRST_HEADS: Duration = Duration::from_secs(1);

/// How often the queue is checked. It is also the time that actix-server's thread has to pause, and that a worker has to take an
/// accepted connection.
const TICK: Duration = Duration::from_millis(10);

/// The interface that connects a machine with itself.
const LOOPBACK: &str = "lo";

/// The accepting side of a running listener.
pub(crate) struct Intake {
    /// The socket that the server accepts from.
    socket: Socket,
    server: Option<ServerHandle>,
    /// Connections that have not sent a request yet.
    newcomers: TaskTracker,
    /// Whether the peer of the newest connection is on this machine.
    has_local_peers: Arc<AtomicBool>,
}

impl Intake {
    /// Prepares to close `socket`, which a server will accept from.
    ///
    /// # Errors
    /// If the process has no file descriptor left.
    pub(super) fn of(socket: &TcpListener) -> io::Result<Self> {
        let has_local_peers = Arc::default();
        Ok(Self { socket: socket.try_clone()?.into(), server: None, newcomers: TaskTracker::new(), has_local_peers })
    }

    pub(super) fn served_by(mut self, server: ServerHandle) -> Self {
        self.server = Some(server);
        self
    }

    /// Returns what creates a token for each new connection. The connection drops it at its first request.
    pub(super) fn newcomers(&self) -> impl Fn(&TcpStream) -> TaskTrackerToken + Clone + Send + 'static {
        let (newcomers, has_local_peers) = (self.newcomers.clone(), Arc::clone(&self.has_local_peers));
        move |stream| {
            has_local_peers.store(has_local_peer(stream), Ordering::Relaxed);
            newcomers.token()
        }
    }

    /// Closes the listening socket. Later attempts to connect are refused at once, so that an ingress can try another server.
    ///
    /// When a listening socket closes, the kernel resets the connections that wait in its queue, and peers lose the requests
    /// that they have sent on them. So the kernel first accepts no new connections, and the queue empties.
    pub(crate) async fn close(&self) {
        self.stop_new_connections();
        sleep(HANDSHAKES).await;
        if timeout(QUEUE, self.pause_with_empty_queue()).await.is_err() {
            self.pause().await;
        }
        let _ = self.socket.shutdown(Shutdown::Read); // on Linux, ends a listening socket although the server still has it
        sleep(TICK).await;
        self.newcomers.close();
        let _ = timeout(FIRST_HEADS, self.newcomers.wait()).await;
    }

    /// Keeps the kernel from beginning new handshakes. Handshakes that have begun go on.
    ///
    /// Binding the socket to an interface refuses connections through all others. Since Linux 5.7, every process may do that
    /// once. The filter ignores new connections through any interface, but recent kernels require `CAP_NET_ADMIN` for it (Linux
    /// commit 5d39580f68e6). If neither works, a connection is reset if it opens within microseconds before the socket closes.
    fn stop_new_connections(&self) {
        let _ = self.socket.attach_filter(&ignore_new_connections());
        let unused =
            if self.has_local_peers.load(Ordering::Relaxed) { other_interfaces() } else { vec![LOOPBACK.into()] };
        let _ = unused.iter().any(|interface| self.socket.bind_device(Some(interface.as_bytes())).is_ok());
    }

    /// Pauses the server at a moment when no connection waits, because a paused server accepts none.
    async fn pause_with_empty_queue(&self) {
        loop {
            while self.has_queue() {
                sleep(TICK).await;
            }
            self.pause().await;
            if !self.has_queue() {
                return;
            }
            if let Some(server) = &self.server {
                server.resume().await;
            }
        }
    }

    /// Pauses the server. Otherwise, it would report that it cannot accept when the socket closes.
    async fn pause(&self) {
        if let Some(server) = &self.server {
            server.pause().await;
        }
        sleep(TICK).await;
    }

    fn has_queue(&self) -> bool {
        poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }
}

/// Whether the peer is on this machine: it has a loopback address, or the address that it has connected to.
fn has_local_peer(stream: &TcpStream) -> bool {
    let [peer, own] = [stream.peer_addr(), stream.local_addr()].map(|address| Some(address.ok()?.ip().to_canonical()));
    peer == own || peer.is_some_and(|peer: IpAddr| peer.is_loopback())
}

/// The names of the interfaces that do not connect this machine with itself.
fn other_interfaces() -> Vec<String> {
    let entries = std::fs::read_dir("/sys/class/net").into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| name != LOOPBACK).collect()
}

/// A program for the kernel's packet filter that drops segments with SYN and without ACK.
fn ignore_new_connections() -> [SockFilter; 5] {
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const SKIP_UNLESS_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13; // the offset in the TCP header
    const SYN: u32 = 0x02;
    const ACK: u32 = 0x10;
    [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, SYN | ACK),
        SockFilter::new(SKIP_UNLESS_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ]
}
