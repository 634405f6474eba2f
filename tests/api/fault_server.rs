//! A server that misbehaves below HTTP: it stays silent, cuts connections, or sends arbitrary bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// The pause between two bytes of [`Fault::Drip`].
const DRIP: Duration = Duration::from_millis(200);

/// The reaction to a request, or to a TLS client hello.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Never reply.
    Silence,
    /// Close the connection.
    Close,
    /// Close the sending side as soon as the connection is open, and count the requests that arrive.
    CloseUnread,
    /// Reset the connection.
    Reset,
    /// Reset the connection at the first byte of a request.
    ResetEarly,
    /// Send these bytes and keep the connection.
    Send(Vec<u8>),
    /// Send these bytes and close the connection.
    SendAndClose(Vec<u8>),
    /// Send these bytes and reset the connection.
    SendAndReset(Vec<u8>),
    /// Send the first bytes at once, then the others one at a time.
    Drip(Vec<u8>, Vec<u8>),
    /// Send the first bytes once, then the others repeatedly.
    Endless(Vec<u8>, Vec<u8>),
}

/// A running server. It ends with the test's runtime.
pub(crate) struct FaultServer {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<usize>>,
}

impl FaultServer {
    /// Starts a server that applies one of `faults` to each request, and the last one to all further requests.
    pub(crate) async fn start(faults: Vec<Fault>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(0));
        let (counted, faults) = (Arc::clone(&requests), Arc::new(faults));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                connection.set_nodelay(true).unwrap();
                tokio::spawn(serve(connection, Arc::clone(&counted), Arc::clone(&faults)));
            }
        });
        Self { address, requests }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The number of requests that have arrived, complete or not.
    pub(crate) fn requests(&self) -> usize {
        *self.requests.lock().unwrap()
    }
}

/// Serves a connection until a fault or the client ends it.
async fn serve(mut connection: TcpStream, requests: Arc<Mutex<usize>>, faults: Arc<Vec<Fault>>) -> Option<()> {
    if matches!(faults.first(), Some(Fault::CloseUnread)) {
        connection.shutdown().await.ok()?;
    }
    loop {
        let mut received = Vec::new();
        if connection.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
        let is_request = received[0].is_ascii_uppercase();
        let number = {
            let mut requests = requests.lock().unwrap();
            *requests += usize::from(is_request);
            *requests - usize::from(is_request)
        };
        let fault = faults.get(number).or(faults.last()).expect("a fault");
        if is_request && !matches!(fault, Fault::ResetEarly) {
            read_whole(&mut connection, received).await?;
        }
        match fault {
            Fault::Silence => std::future::pending().await,
            Fault::Close | Fault::CloseUnread => return None,
            Fault::Reset | Fault::ResetEarly => return connection.set_zero_linger().ok(),
            Fault::Send(bytes) => connection.write_all(bytes).await.ok()?,
            Fault::SendAndClose(bytes) => return connection.write_all(bytes).await.ok(),
            Fault::SendAndReset(bytes) => {
                connection.write_all(bytes).await.ok()?;
                return connection.set_zero_linger().ok();
            }
            Fault::Drip(first, drops) => {
                connection.write_all(first).await.ok()?;
                for byte in drops {
                    connection.write_u8(*byte).await.ok()?;
                    sleep(DRIP).await;
                }
            }
            Fault::Endless(first, again) => {
                connection.write_all(first).await.ok()?;
                loop {
                    connection.write_all(again).await.ok()?;
                }
            }
        }
    }
}

/// Reads the rest of a request.
async fn read_whole(connection: &mut TcpStream, mut received: Vec<u8>) -> Option<()> {
    loop {
        let text = String::from_utf8_lossy(&received).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(());
            }
        }
        if connection.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
}
