use std::sync::Arc;
use std::time::Duration;

use http::Method;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::advance;

use super::connection::Connection;
use super::http::{HttpClient, HttpOptions, Pool};
use super::server_certificate::ServerCertificate;
use super::transport::Failure;
use super::{Trust, Unreadable};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

fn client() -> HttpClient {
    let base_url = "http://centagate.example".parse().unwrap();
    let options = HttpOptions { connect_timeout: Duration::from_secs(1), proxy_url: None };
    HttpClient::new(&base_url, &options, &Trust::Public, Arc::new(ServerCertificate::of(&base_url))).unwrap()
}

/// A connection, and the server's end of it.
async fn connection() -> (Connection, DuplexStream) {
    let (ours, server) = duplex(1024 * 1024);
    (Connection::over(Box::new(TokioIo::new(ours))).await.unwrap(), server)
}

/// Reads a request and answers it.
async fn answer(server: &mut DuplexStream, reply: &str) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"body") {
        request.push(server.read_u8().await.unwrap());
    }
    server.write_all(reply.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

async fn ask(pool: &Pool, connection: &mut Connection) -> Result<Vec<u8>, Failure> {
    let request = pool.request(Method::PUT, "/path".parse().unwrap(), "body".into());
    connection.exchange(request).await.map(|reply| reply.body)
}

#[tokio::test]
async fn one_connection_carries_one_request_after_the_other() {
    let (pool, (mut connection, mut server)) = (client().load(), connection().await);
    for _ in 0..3 {
        assert!(connection.is_ready());
        let (reply, request) = tokio::join!(ask(&pool, &mut connection), answer(&mut server, OK));
        assert_eq!(reply.ok().unwrap(), b"{}");
        assert!(connection.has_sent());
        assert!(request.starts_with("PUT /path HTTP/1.1\r\nhost: centagate.example\r\n"), "{request}");
        assert!(request.contains("content-length: 4\r\n"), "{request}");
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_is_seen_and_nothing_goes_out_on_it() {
    let (pool, (mut connection, server)) = (client().load(), connection().await);
    drop(server);
    assert!(matches!(ask(&pool, &mut connection).await, Err(Failure::Connection(_))));
    assert!(!connection.has_sent() && !connection.is_ready());
}

#[tokio::test]
async fn what_is_cut_after_a_byte_went_out_counts_as_sent() {
    for reply in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"] {
        let (pool, (mut connection, mut server)) = (client().load(), connection().await);
        let serving = tokio::spawn(async move {
            server.read_u8().await.unwrap();
            server.write_all(reply.as_bytes()).await.unwrap();
        });
        assert!(matches!(ask(&pool, &mut connection).await, Err(Failure::Connection(_))), "{reply}");
        assert!(connection.has_sent() && !connection.is_ready(), "{reply}");
        serving.await.unwrap();
    }
}

#[tokio::test]
async fn other_statuses_and_endless_replies_are_not_read() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(256 * 1024 + 1));
    for (reply, fault) in [
        ("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n", Unreadable::HttpStatus(302)),
        (&*endless, Unreadable::TooLarge),
    ] {
        let (pool, (mut connection, mut server)) = (client().load(), connection().await);
        let (reply, _) = tokio::join!(ask(&pool, &mut connection), answer(&mut server, reply));
        assert!(matches!(reply, Err(Failure::Reply(found)) if found == fault));
    }
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_reused_on_their_worker_and_only_for_some_seconds() {
    let http = client();
    let pool = http.load();
    let mut servers = Vec::new();
    let mut keep = async || {
        let (connection, server) = connection().await;
        servers.push(server);
        pool.keep(connection);
    };
    keep().await;
    assert!(std::thread::scope(|scope| scope.spawn(|| pool.reuse().is_none()).join().unwrap()), "another worker");
    assert!(pool.reuse().is_some() && pool.reuse().is_none(), "it is there once");

    keep().await;
    advance(Duration::from_secs(4)).await;
    keep().await;
    advance(Duration::from_secs(2)).await;
    http.close_idle();
    let mut servers = servers.into_iter().skip(1);
    assert_eq!(servers.next().unwrap().read(&mut [0]).await.unwrap(), 0, "the old one is closed");
    advance(Duration::from_secs(4)).await;
    assert!(pool.reuse().is_none(), "too old meanwhile");
}
