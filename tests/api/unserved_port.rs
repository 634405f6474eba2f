//! An upstream port without a server. It refuses connections, or the kernel accepts them and no program does.

use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;

/// A port of this machine that no program serves. Dropping it frees it.
pub(crate) struct UnservedPort {
    pub(crate) address: SocketAddr,
    holder: Holder,
    begun: usize,
}

#[expect(dead_code, reason = "the field keeps the port in its state")]
enum Holder {
    Refusing(TcpSocket),
    NeverAccepting(TcpListener),
    Full(TcpListener, Vec<TcpStream>),
}

impl UnservedPort {
    /// A port that refuses connections.
    pub(crate) fn refusing() -> Self {
        let socket = bound();
        Self { address: socket.local_addr().unwrap(), holder: Holder::Refusing(socket), begun: 0 }
    }

    /// Turns a refusing port into a listener. No other program can have taken the port meanwhile.
    pub(crate) fn serve(self) -> std::net::TcpListener {
        let Holder::Refusing(socket) = self.holder else { panic!("the port listens already") };
        socket.listen(1024).unwrap().into_std().unwrap()
    }

    /// A port on which the kernel accepts connections, but no program reads them.
    pub(crate) fn never_accepting() -> Self {
        let listener = bound().listen(16).unwrap();
        Self { address: listener.local_addr().unwrap(), holder: Holder::NeverAccepting(listener), begun: 0 }
    }

    /// A port that does not answer, because its queue of connections is full.
    pub(crate) async fn full() -> Self {
        let listener = bound().listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        while let Ok(connection) = timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
            waiting.push(connection.unwrap());
        }
        Self { address, holder: Holder::Full(listener, waiting), begun: 0 }
    }

    /// How many requests have arrived so far, complete or not. A connection without bytes does not count.
    pub(crate) fn requests(&mut self) -> usize {
        if let Holder::NeverAccepting(listener) = &self.holder {
            while let Some(Ok((connection, _))) = listener.accept().now_or_never() {
                let read = connection.into_std().unwrap().read(&mut [0]);
                self.begun += usize::from(matches!(read, Ok(1)));
            }
        }
        self.begun
    }
}

fn bound() -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    socket
}
