//! A TCP forwarder whose target can change. Existing connections keep their target.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A running forwarder. It ends with the test's runtime.
pub(crate) struct Forwarder {
    pub(crate) address: SocketAddr,
    target: watch::Sender<SocketAddr>,
    connections: Arc<AtomicUsize>,
}

impl Forwarder {
    pub(crate) async fn to(target: SocketAddr) -> Self {
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
                    // Either side may close or reset the connection.
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { address, target, connections }
    }

    /// Forwards new connections to another target.
    pub(crate) fn redirect_to(&self, target: SocketAddr) {
        self.target.send_replace(target);
    }

    /// The number of connections so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}
