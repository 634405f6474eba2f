//! Connections and the pool, with a server that the tests control.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::{Instant, advance, timeout_at};

use super::client::HttpClient;
use super::connection::{Connection, Failure};
use super::options::HttpOptions;
use super::pool::Pool;
use super::request::{ConnectionKind, UpstreamRequest};
use super::server_certificate::ServerCertificate;
use super::trust::Trust;
use crate::centagate::error::Unreadable;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

fn options() -> HttpOptions {
    HttpOptions { connect_timeout: Duration::from_secs(1), proxy_url: None }
}

fn client() -> HttpClient {
    let base_url = "http://centagate.example".parse().unwrap();
    HttpClient::new(&base_url, &options(), &Trust::Public, Arc::new(ServerCertificate::of(&base_url)), 0).unwrap()
}

/// A connection, and the server's end of it.
async fn connection() -> (Connection, UnixStream) {
    let (ours, server) = UnixStream::pair().unwrap();
    (Connection::over(Box::new(TokioIo::new(ours))).await.unwrap(), server)
}

/// Reads a request and answers it.
async fn answer(server: &mut UnixStream, reply: &str) -> String {
    let mut request = Vec::new();
    while !request.ends_with(b"body") {
        request.push(server.read_u8().await.unwrap());
    }
    server.write_all(reply.as_bytes()).await.unwrap();
    String::from_utf8(request).unwrap()
}

async fn ask(pool: &Pool, connection: &mut Connection) -> Result<Vec<u8>, Failure> {
    let connection_kind = ConnectionKind::Shared;
    let call = UpstreamRequest {
        method: Method::PUT,
        path: "/path".parse().unwrap(),
        body: "body".into(),
        connection: connection_kind,
    };
    connection.exchange(pool.request(&call)).await.map(|response| response.body)
}

#[tokio::test]
async fn a_connection_carries_requests_one_after_another() {
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
async fn nothing_is_sent_on_a_closed_connection() {
    let (pool, (mut connection, server)) = (client().load(), connection().await);
    drop(server);
    assert!(matches!(ask(&pool, &mut connection).await, Err(Failure::Connection(_))));
    assert!(!connection.has_sent() && !connection.is_ready());
}

#[tokio::test]
async fn a_request_that_is_cut_off_after_its_first_byte_counts_as_sent() {
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
async fn other_statuses_and_endless_replies_are_unreadable() {
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

#[tokio::test]
async fn a_request_is_not_sent_after_unsolicited_bytes() {
    for (used, bytes) in [(false, "HTTP/1.1 408 Request Timeout\r\n\r\n"), (true, OK), (true, "\n")] {
        let (pool, (mut connection, mut server)) = (client().load(), connection().await);
        if used {
            let (reply, _) = tokio::join!(ask(&pool, &mut connection), answer(&mut server, OK));
            assert!(reply.is_ok());
        }
        // Written without the runtime, which has therefore not noticed it when the request is about to be sent.
        let mut server = server.into_std().unwrap();
        server.write_all(bytes.as_bytes()).unwrap();
        assert!(connection.is_ready() || !used, "the runtime has not noticed {bytes:?}");
        assert!(matches!(ask(&pool, &mut connection).await, Err(Failure::Connection(_))), "{bytes:?}");
        assert!(!connection.has_sent() && !connection.is_ready(), "{bytes:?}");
    }
}

#[tokio::test]
async fn bytes_in_the_same_segment_as_the_reply_end_the_connection() {
    for surplus in [OK, "x", "\r\n"] {
        let (pool, (mut connection, mut server)) = (client().load(), connection().await);
        let replies = format!("{OK}{surplus}");
        let (reply, _) = tokio::join!(ask(&pool, &mut connection), answer(&mut server, &replies));
        assert_eq!(reply.ok().unwrap(), b"{}");
        assert!(!connection.is_ready(), "{surplus:?}");
    }
}

/// A server must not be able to occupy a worker, whatever it sends without end.
#[tokio::test]
async fn every_endless_reply_ends_at_its_limit() {
    let status = "HTTP/1.1 200 OK\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (what, first, again) in [
        ("interim replies", "", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("interim replies with headers", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        ("blank lines", "", "\r\n"),
        ("headers", status, "X-More: more\r\n"),
        ("one header", "HTTP/1.1 200 OK\r\nX-More: ", "more"),
        ("one status line", "HTTP/1.1 200 ", "OK"),
        ("body", "HTTP/1.1 200 OK\r\n\r\n", " "),
        ("chunks of one byte", chunked, "1\r\n \r\n"),
        ("chunk size", chunked, "0"),
        ("chunk extension", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=", "y"),
        ("chunk extensions", chunked, "1;extension=extension\r\n \r\n"),
        ("trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "X-More: more\r\n"),
    ] {
        let (pool, (mut connection, mut server)) = (client().load(), connection().await);
        let serving = tokio::spawn(async move {
            server.read_u8().await.unwrap();
            let mut sent = first.len();
            server.write_all(first.as_bytes()).await.unwrap();
            let many = again.repeat(8192 / again.len());
            while server.write_all(many.as_bytes()).await.is_ok() {
                sent += many.len();
            }
            sent
        });
        let deadline = Instant::now() + Duration::from_secs(30);
        let reply = timeout_at(deadline, ask(&pool, &mut connection)).await.expect(what);
        assert!(reply.is_err() && connection.has_sent(), "{what}");
        drop(connection);
        let sent = serving.await.unwrap();
        assert!(sent <= 1024 * 1024, "{what}: {sent} bytes were taken or are in the socket's buffers");
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_is_reused_on_its_worker_for_a_few_seconds() {
    let http = client();
    let pool = http.load();
    let mut servers = Vec::new();
    let mut keep = async || {
        let (connection, server) = connection().await;
        servers.push(server);
        pool.keep(connection);
    };
    keep().await;
    let take = || pool.take(ConnectionKind::Dedicated);
    assert!(std::thread::scope(|scope| scope.spawn(|| take().is_none()).join().unwrap()), "another worker");
    assert!(pool.take(ConnectionKind::Shared).is_none(), "it is a spare, for a dedicated call");
    assert!(take().is_some() && take().is_none(), "it is there once");

    keep().await;
    advance(Duration::from_secs(4)).await;
    keep().await;
    advance(Duration::from_secs(2)).await;
    http.close_idle();
    let mut servers = servers.into_iter().skip(1);
    assert_eq!(servers.next().unwrap().read(&mut [0]).await.unwrap(), 0, "the old one is closed");
    advance(Duration::from_secs(4)).await;
    assert!(take().is_none(), "too old meanwhile");
}

#[tokio::test]
async fn a_connection_that_was_used_never_carries_a_dedicated_call() {
    let (pool, (mut connection, mut server)) = (client().load(), connection().await);
    let (reply, _) = tokio::join!(ask(&pool, &mut connection), answer(&mut server, OK));
    assert!(reply.is_ok());
    pool.keep(connection);
    assert!(pool.take(ConnectionKind::Dedicated).is_none());
    assert!(pool.take(ConnectionKind::Shared).is_some());
}

#[tokio::test]
async fn no_call_uses_a_connection_from_before_a_change_of_trust_or_proxy() {
    let http = client();
    let (before, (spare, mut server)) = (http.load(), connection().await);
    before.keep(spare);
    http.replace(&options(), &Trust::Pinned(Vec::new())).unwrap();
    assert!(http.load().take(ConnectionKind::Dedicated).is_none());
    drop(before);
    assert_eq!(server.read(&mut [0]).await.unwrap(), 0, "the spare is closed when no call uses the old trust any more");
}
