use std::any::Any;
use std::cell::Cell;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::Duration;

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::rt;
use actix_web::rt::net::TcpStream;
use rustix::net::sockopt::set_socket_linger;
use rustix::net::{Shutdown, shutdown};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

/// Cuts a connection that brings no whole head of a request for too long.
///
/// actix-http bounds the first head of a connection and the time that it is idle, but neither a later head of which a byte
/// has come nor a reply that is read a few bytes at a time.
#[derive(Debug)]
pub(super) struct Watchdog {
    patience: Duration,
    deadline: Rc<Cell<Instant>>,
    _task: AbortOnDropHandle<()>,
}

impl Watchdog {
    /// Watches over a connection until it is dropped; `stream` is what actix-web serves, plain or with TLS.
    pub(super) fn over(stream: &dyn Any, patience: Duration) -> Option<Self> {
        let within_tls = stream.downcast_ref::<TlsStream<TcpStream>>().map(|tls| tls.get_ref().0);
        let tcp = within_tls.or_else(|| stream.downcast_ref())?;
        // A descriptor of its own: the stream belongs to actix-http. Without one there is no connection.
        let socket = tcp.as_fd().try_clone_to_owned().inspect_err(|_| cut(tcp)).ok()?;
        let deadline = Rc::new(Cell::new(Instant::now() + patience));
        let watched = Rc::clone(&deadline);
        let task = rt::spawn(async move {
            while watched.get() > Instant::now() {
                sleep_until(watched.get()).await;
            }
            cut(&socket);
        });
        Some(Self { patience, deadline, _task: AbortOnDropHandle::new(task) })
    }

    /// The whole head of a request has come.
    pub(super) fn renew(&self) {
        self.deadline.set(Instant::now() + self.patience);
    }
}

/// Ends a connection in both directions, and has the kernel forget what it still holds for the peer.
fn cut(socket: impl AsFd) {
    // Whatever fails, the connection has ended already.
    let _ = set_socket_linger(&socket, Some(Duration::ZERO));
    let _ = shutdown(&socket, Shutdown::Both);
}
