//! A door in front of several servers: new connections go where it points, standing ones stay where they are.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A running forwarder of TCP connections; it ends with the test's runtime.
pub(crate) struct Turnout {
    pub(crate) address: SocketAddr,
    target: watch::Sender<SocketAddr>,
    connections: Arc<AtomicUsize>,
}

impl Turnout {
    pub(crate) async fn towards(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, target) = (listener.local_addr().unwrap(), watch::Sender::new(target));
        let (pointer, connections) = (target.subscribe(), Arc::new(AtomicUsize::new(0)));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let target = *pointer.borrow();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    // Either side may end it in any way.
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { address, target, connections }
    }

    /// Sends new connections elsewhere.
    pub(crate) fn turn_to(&self, target: SocketAddr) {
        self.target.send_replace(target);
    }

    /// How many connections have come so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
