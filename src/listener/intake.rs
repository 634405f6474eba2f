//! The accepting side of a listener: stops accepting without losing a connection that a peer believes to be open.

use std::io;
use std::net::{Shutdown, TcpListener};
use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockFilter, Socket};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::warn;

/// How long a handshake that has begun may take.
const HANDSHAKES: Duration = Duration::from_millis(250);

/// The maximum time to accept the connections that are in the kernel's queue.
const QUEUE: Duration = Duration::from_secs(1);

/// The maximum time for new connections to send the head of their first request.
const FIRST_HEADS: Duration = Duration::from_secs(1);

/// How often the queue is checked. It is also the time that actix-server's thread has to pause, and that a worker has to take an
/// accepted connection.
const TICK: Duration = Duration::from_millis(10);

/// The index of a network interface that no machine has: the highest one that the kernel accepts.
const NO_INTERFACE: NonZeroU32 = NonZeroU32::new(i32::MAX.cast_unsigned()).unwrap();

/// The accepting side of a running listener.
pub(crate) struct Intake {
    /// The socket that the server accepts from.
    socket: Socket,
    server: Option<ServerHandle>,
    /// Connections that have not sent a request yet.
    newcomers: TaskTracker,
}

impl Intake {
    /// Prepares to close `socket`, which a server will accept from.
    ///
    /// # Errors
    /// If the process has no file descriptor left.
    pub(super) fn of(socket: &TcpListener) -> io::Result<Self> {
        Ok(Self { socket: socket.try_clone()?.into(), server: None, newcomers: TaskTracker::new() })
    }

    pub(super) fn served_by(mut self, server: ServerHandle) -> Self {
        self.server = Some(server);
        self
    }

    /// Returns what creates a token for each new connection. The connection drops it at its first request.
    pub(super) fn newcomers(&self) -> impl Fn() -> TaskTrackerToken + Clone + Send + 'static {
        let newcomers = self.newcomers.clone();
        move || newcomers.token()
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

    /// Makes the kernel refuse new connections. Handshakes that have begun go on, except those with SYN cookies, which the kernel
    /// uses only while the queue overflows.
    ///
    /// A socket that is bound to an interface gets connections through this interface alone. The kernel does not check whether the
    /// interface exists. Since Linux 5.7, every process may bind a socket once. If that fails, a filter ignores new connections.
    /// Recent kernels require `CAP_NET_ADMIN` for the filter (Linux commit 5d39580f68e6).
    fn stop_new_connections(&self) {
        let is_bound = self.socket.bind_device_by_index_v4(Some(NO_INTERFACE)).is_ok();
        if !is_bound && self.socket.attach_filter(&ignore_new_connections()).is_err() {
            warn!(
                "a connection that opens while the listening socket closes is reset: the kernel can neither bind nor filter it"
            );
        }
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
