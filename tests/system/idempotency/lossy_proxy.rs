use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Delivers the request and its reply.
    Delivered,
    /// Resets the connection and does not deliver the request.
    RequestLost,
    /// Delivers the request, then resets the connection instead of delivering the reply.
    ReplyLost,
    /// Delivers the request and withholds the reply until the client disconnects.
    ReplyHeld,
}

/// A proxy between HTTP clients and a server that loses some requests and replies. It ends with the test's runtime.
pub(crate) struct LossyProxy {
    /// The address that clients connect to.
    pub(crate) address: SocketAddr,
    record: Arc<Record>,
}

struct Record {
    delivery: fn(usize) -> Delivery,
    log: Mutex<Vec<(Value, Delivery)>>,
}

impl LossyProxy {
    /// Starts a proxy for the server at `target`. `delivery` decides what happens to the nth request.
    pub(crate) async fn start(target: SocketAddr, delivery: fn(usize) -> Delivery) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let record = Arc::new(Record { delivery, log: Mutex::default() });
        let shared = Arc::clone(&record);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let record = Arc::clone(&shared);
                // If one side closes its connection, the other connection is closed too.
                tokio::spawn(async move { forward(client, target, &record).await });
            }
        });
        Self { address, record }
    }

    /// The body of each request so far, and what happened to the request.
    pub(crate) fn requests(&self) -> Vec<(Value, Delivery)> {
        self.record.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn forward(mut client: TcpStream, target: SocketAddr, record: &Record) -> Option<()> {
    let mut server = TcpStream::connect(target).await.ok()?;
    loop {
        let request = read_message(&mut client).await?;
        let delivery = record.add(&request);
        if delivery != Delivery::RequestLost {
            server.write_all(&request).await.ok()?;
            let reply = read_message(&mut server).await?;
            match delivery {
                Delivery::Delivered => {
                    client.write_all(&reply).await.ok()?;
                    continue;
                }
                Delivery::ReplyHeld => return client.readable().await.ok(),
                Delivery::RequestLost | Delivery::ReplyLost => {}
            }
        }
        return client.set_zero_linger().ok();
    }
}

impl Record {
    fn add(&self, request: &[u8]) -> Delivery {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let delivery = (self.delivery)(log.len());
        let body = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|head| &request[head + 4..]);
        log.push((body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default(), delivery));
        delivery
    }
}

/// Reads a head and its body. Returns `None` if the connection ends before the message is complete.
async fn read_message(connection: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&message).to_ascii_lowercase();
        if let Some((head, _)) = text.split_once("\r\n\r\n") {
            let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if message.len() >= head.len() + 4 + length.unwrap_or(0) {
                return Some(message);
            }
        }
        if connection.read_buf(&mut message).await.ok()? == 0 {
            return None;
        }
    }
}
