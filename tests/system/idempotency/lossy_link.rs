use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a link does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Carries it, and its reply.
    Carried,
    /// Resets the connection instead of carrying it.
    RequestLost,
    /// Carries it, and resets the connection instead of carrying its reply.
    ReplyLost,
    /// Carries it, and keeps its reply until the client goes.
    ReplyHeld,
}

/// A network between HTTP clients and a server that loses some of what they say. It ends with the test's runtime.
pub(crate) struct LossyLink {
    /// Where clients find the server.
    pub(crate) address: SocketAddr,
    record: Arc<Record>,
}

struct Record {
    fate: fn(usize) -> Fate,
    carried: Mutex<Vec<(Value, Fate)>>,
}

impl LossyLink {
    /// To the server at `target`; `fate` says what becomes of the nth request.
    pub(crate) async fn to(target: SocketAddr, fate: fn(usize) -> Fate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let record = Arc::new(Record { fate, carried: Mutex::default() });
        let shared = Arc::clone(&record);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let record = Arc::clone(&shared);
                // Where a side has gone the other one's connection is closed.
                tokio::spawn(async move { carry(near, target, &record).await });
            }
        });
        Self { address, record }
    }

    /// What has become of each request so far, and its body.
    pub(crate) fn requests(&self) -> Vec<(Value, Fate)> {
        self.record.carried.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn carry(mut near: TcpStream, target: SocketAddr, record: &Record) -> Option<()> {
    let mut far = TcpStream::connect(target).await.ok()?;
    loop {
        let request = read_message(&mut near).await?;
        let fate = record.add(&request);
        if fate != Fate::RequestLost {
            far.write_all(&request).await.ok()?;
            let reply = read_message(&mut far).await?;
            match fate {
                Fate::Carried => {
                    near.write_all(&reply).await.ok()?;
                    continue;
                }
                Fate::ReplyHeld => return near.readable().await.ok(),
                Fate::RequestLost | Fate::ReplyLost => {}
            }
        }
        return near.set_zero_linger().ok();
    }
}

impl Record {
    fn add(&self, request: &[u8]) -> Fate {
        let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
        let fate = (self.fate)(carried.len());
        let body = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").map(|head| &request[head + 4..]);
        carried.push((body.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default(), fate));
        fate
    }
}

/// Reads a head and the body it announces; nothing if the connection ends before.
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
