//! Requests and replies byte for byte, for requests that an HTTP library would not send.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::callers;
use crate::reply::Reply;

/// The headers of a JSON request by the caller with every scope, without the length.
pub(crate) fn usual_headers() -> String {
    format!("Authorization: Bearer {}\r\nContent-Type: application/json\r\n", callers::EVERYTHING)
}

/// A complete POST. Each of `headers` ends in CRLF.
pub(crate) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    request("POST", path, headers, body)
}

/// A complete request. Each of `headers` ends in CRLF.
pub(crate) fn request(method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: gateway\r\n{headers}Content-Length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// Sends a request over a new connection and reads the reply.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Reply {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request).await.unwrap();
    read_reply(&mut connection).await
}

/// Reads one reply, for at most 10 s.
pub(crate) async fn read_reply(connection: &mut (impl AsyncRead + Unpin)) -> Reply {
    timeout(Duration::from_secs(10), async {
        let mut received = Vec::new();
        loop {
            if let Some(reply) = whole_reply(&received) {
                return reply;
            }
            let mut chunk = [0; 4096];
            let length = connection.read(&mut chunk).await.expect("a reply");
            assert!(length > 0, "the connection ended after {:?}", String::from_utf8_lossy(&received));
            received.extend_from_slice(&chunk[..length]);
        }
    })
    .await
    .expect("a reply within 10 s")
}

/// Reads the head of one reply, for at most 10 s.
pub(crate) async fn read_head(connection: &mut (impl AsyncRead + Unpin)) -> String {
    let mut received = Vec::new();
    let read = async {
        while !received.ends_with(b"\r\n\r\n") {
            received.push(connection.read_u8().await.expect("a head"));
        }
    };
    timeout(Duration::from_secs(10), read).await.expect("a head within 10 s");
    String::from_utf8(received).unwrap()
}

fn whole_reply(received: &[u8]) -> Option<Reply> {
    let text = String::from_utf8_lossy(received);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length =
        head.split("\r\n").find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let length: usize = length.unwrap_or(0);
    (body.len() >= length).then(|| Reply::parse(head, body.as_bytes()[..length].to_vec()))
}

/// Whether the peer closes the connection within 10 s without sending anything.
pub(crate) async fn is_closed(connection: &mut TcpStream) -> bool {
    let mut byte = [0];
    matches!(timeout(Duration::from_secs(10), connection.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
}
