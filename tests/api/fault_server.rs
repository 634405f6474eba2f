//! A CENTAGATE that misbehaves below HTTP: silent, cut off, or speaking something else.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to do with a request that was read.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Nothing, for ever.
    Silence,
    /// Close the connection.
    Close,
    /// Reset the connection.
    Reset,
    /// Send these bytes and keep the connection.
    Send(Vec<u8>),
    /// Send these bytes and close the connection.
    SendAndClose(Vec<u8>),
}

/// A running server; it ends with the test's runtime.
pub(crate) struct FaultServer {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<usize>>,
}

impl FaultServer {
    /// Follows `faults`, one for each request; the last one for all that come after it.
    pub(crate) async fn start(faults: Vec<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(0));
        let (counted, faults) = (Arc::clone(&requests), Arc::new(faults));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&counted), Arc::clone(&faults)));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many whole requests have arrived.
    pub(crate) fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }
}

async fn serve(mut connection: TcpStream, requests: Arc<Mutex<usize>>, faults: Arc<Vec<Fault>>) {
    while read_request(&mut connection).await.is_some() {
        let number = {
            let mut requests = requests.lock().unwrap();
            *requests += 1;
            *requests - 1
        };
        match faults.get(number).or(faults.last()).expect("a fault") {
            Fault::Silence => std::future::pending().await,
            Fault::Close => return,
            Fault::Reset => return connection.set_zero_linger().unwrap(),
            Fault::Send(bytes) => connection.write_all(bytes).await.unwrap(),
            Fault::SendAndClose(bytes) => return connection.write_all(bytes).await.unwrap(),
        }
    }
}

/// Reads a head and as much of a body as it announces.
async fn read_request(connection: &mut TcpStream) -> Option<()> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(());
            }
        }
        let mut chunk = [0; 4096];
        match connection.read(&mut chunk).await {
            Ok(length) if length > 0 => received.extend_from_slice(&chunk[..length]),
            _ => return None,
        }
    }
}
