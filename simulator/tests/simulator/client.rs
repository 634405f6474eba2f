//! A client that sends one request per connection and returns every byte of the reply.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A reply, split into parts.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> Value {
        assert_eq!(self.status, 200);
        self.json()["code"].clone()
    }

    pub(crate) fn object(&self) -> Value {
        self.json()["object"].clone()
    }
}

/// Sends a request with these headers and only `Host`, `Connection` and `Content-Length` in addition. Returns the reply
/// byte for byte.
pub(crate) async fn exchange(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let connection = TcpStream::connect(address).await.unwrap();
    exchange_over(connection, address, method, path, headers, body).await.unwrap()
}

/// Like [`exchange`], over any connection.
pub(crate) async fn exchange_over(
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
    host: SocketAddr,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &[u8],
) -> io::Result<Vec<u8>> {
    let headers: String = headers.iter().flat_map(|header| [*header, "\r\n"]).collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         {headers}Content-Length: {length}\r\n\r\n"
    );
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    let exchange_over = async {
        connection.write_all(&bytes).await?;
        let mut reply = Vec::new();
        connection.read_to_end(&mut reply).await?;
        Ok(reply)
    };
    timeout(TEST_TIMEOUT, exchange_over).await.expect("the connection ends within TEST_TIMEOUT")
}

/// Like [`exchange`], with the reply split into parts.
pub(crate) async fn send(address: SocketAddr, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    answer_to(Ok(exchange(address, method, path, headers, body).await))
}

/// Splits a reply.
pub(crate) fn answer_to(reply: io::Result<Vec<u8>>) -> Answer {
    let reply = String::from_utf8(reply.unwrap()).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").expect("a complete head");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
