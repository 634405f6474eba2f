//! A CENTAGATE that sends each reply twice, like a broken proxy. The second one is the surplus reply.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::fault_row::http;

/// When the surplus reply is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Surplus {
    InTheSameSegment,
    /// In another write immediately after the reply.
    InAnotherWrite,
    After(Duration),
}

/// A running server. It ends with the test's runtime.
pub(crate) struct SurplusServer {
    pub(crate) address: SocketAddr,
    counts: Arc<Counts>,
}

struct Counts {
    connections: AtomicUsize,
    requests: AtomicUsize,
    /// The largest number of requests on one connection.
    requests_of_a_connection: AtomicUsize,
    surplus: watch::Sender<usize>,
}

impl SurplusServer {
    pub(crate) async fn start(surplus: Surplus, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts {
            connections: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            requests_of_a_connection: AtomicUsize::new(0),
            surplus: watch::Sender::new(0),
        });
        let counted = Arc::clone(&counts);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                connection.set_nodelay(true).unwrap();
                let (counts, tls) = (Arc::clone(&counted), tls.clone());
                counts.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    match tls {
                        None => serve(connection, surplus, &counts).await,
                        Some(tls) => serve(tls.accept(connection).await.ok()?, surplus, &counts).await,
                    }
                });
            }
        });
        Self { address, counts }
    }

    /// How many connections have been opened.
    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::Relaxed)
    }

    /// The largest number of requests on one connection.
    pub(crate) fn requests_of_a_connection(&self) -> usize {
        self.counts.requests_of_a_connection.load(Ordering::Relaxed)
    }

    /// Waits until a surplus reply has been sent for each request so far.
    pub(crate) async fn wait_for_surplus(&self) {
        let requests = self.counts.requests.load(Ordering::Relaxed);
        let mut surplus = self.counts.surplus.subscribe();
        surplus.wait_for(|&written| written >= requests).await.unwrap();
    }
}

async fn serve(mut connection: impl AsyncRead + AsyncWrite + Unpin, surplus: Surplus, counts: &Counts) -> Option<()> {
    for number in 1.. {
        let (path, body) = read_request(&mut connection).await?;
        counts.requests.fetch_add(1, Ordering::Relaxed);
        counts.requests_of_a_connection.fetch_max(number, Ordering::Relaxed);
        let reply = http("200 OK", "", reply_to(&path, &body));
        // If the gateway has closed the connection, the surplus reply counts as sent.
        let written = write(&mut connection, &reply, surplus).await;
        counts.surplus.send_modify(|surplus| *surplus += 1);
        written.ok()?;
    }
    None
}

async fn write(connection: &mut (impl AsyncWrite + Unpin), reply: &[u8], surplus: Surplus) -> std::io::Result<()> {
    if let Surplus::InTheSameSegment = surplus {
        connection.write_all(&reply.repeat(2)).await?;
        return connection.flush().await;
    }
    connection.write_all(reply).await?;
    connection.flush().await?;
    if let Surplus::After(delay) = surplus {
        sleep(delay).await;
    }
    connection.write_all(reply).await?;
    connection.flush().await
}

/// The path and the body of the next request.
async fn read_request(connection: &mut (impl AsyncRead + Unpin)) -> Option<(String, Value)> {
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let path = head.split(' ').nth(1)?.to_owned();
                return Some((path, serde_json::from_str(body).ok()?));
            }
        }
        if connection.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
}

/// The value in the reply that belongs only to this user.
pub(crate) fn secret_of(username: &str) -> String {
    format!("secret-of-{username}")
}

/// A reply with the value of the user in the request.
fn reply_to(path: &str, request: &Value) -> String {
    let secret = secret_of(request["username"].as_str().unwrap_or_default());
    let object = if path.contains("/onetimepin/") {
        json!({ "passcode": secret, "qr": secret }).to_string()
    } else if path.contains("/user/auth/list/") {
        json!({ "tokenList": [{ "sn": secret, "type": "1", "status": "1" }], "certList": [] }).to_string()
    } else if path.ends_with("/auth/authBasic") {
        json!({ "authToken": secret, "secretCode": secret, "sessionTimeout": "3600000" }).to_string()
    } else {
        secret
    };
    json!({ "code": "0", "message": "Success", "object": object }).to_string()
}
