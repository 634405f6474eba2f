//! The pool of connections, with a server that the tests control.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, timeout};

use super::super::request::{ConnectionKind, UpstreamRequest};
use super::super::server_certificate::ServerCertificate;
use super::super::transport::{Times, send};
use super::Pool;
use crate::centagate::Trust;
use crate::centagate::http::{HttpClient, HttpOptions};

const MAX_SPARES: usize = 3;
const TEST_TIMEOUT: Duration = Duration::from_secs(30);

fn pool(port: u16) -> Arc<Pool> {
    let base_url = format!("http://127.0.0.1:{port}").parse().unwrap();
    let options = HttpOptions { connect_timeout: TEST_TIMEOUT, proxy_url: None };
    let certificate = Arc::new(ServerCertificate::of(&base_url));
    HttpClient::new(&base_url, &options, &Trust::Public, certificate, MAX_SPARES).unwrap().load()
}

/// A pool and the server that it connects to.
async fn pool_and_server() -> (Arc<Pool>, TcpListener) {
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (pool(server.local_addr().unwrap().port()), server)
}

/// Waits until no spare connection is being opened.
async fn settled(pool: &Pool) {
    let settled = async {
        while pool.opening_spares.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(TEST_TIMEOUT, settled).await.expect("an end");
}

async fn accept(server: &TcpListener) -> TcpStream {
    timeout(TEST_TIMEOUT, server.accept()).await.expect("a connection").unwrap().0
}

/// Makes a dedicated call that must succeed.
async fn call(pool: &Arc<Pool>) {
    let path = "/path".parse().unwrap();
    let call =
        UpstreamRequest { method: Method::PUT, path, body: "body".into(), connection: ConnectionKind::Dedicated };
    let times = Times { send_by: Instant::now() + TEST_TIMEOUT, reply_within: TEST_TIMEOUT };
    let reply = send(pool, &call, times).await.expect("a reply");
    assert_eq!(reply.object.unwrap(), "own");
}

/// Reads a request, which must close its connection, and answers it.
async fn answer(mut connection: TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"body") {
        request.push(connection.read_u8().await.unwrap());
    }
    assert!(String::from_utf8(request).unwrap().contains("\r\nconnection: close\r\n"));
    let body = r#"{"code":"0","object":"own"}"#;
    let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    connection.write_all(reply.as_bytes()).await.unwrap();
    assert_eq!(timeout(TEST_TIMEOUT, connection.read(&mut [0])).await.expect("an end").unwrap(), 0);
}

#[tokio::test]
async fn the_number_of_spares_is_bounded() {
    let (pool, _server) = pool_and_server().await;
    for _ in 0..2 {
        for _ in 0..10 {
            pool.open_spare();
        }
        settled(&pool).await;
        assert_eq!(pool.idle().len(), MAX_SPARES);
    }
    assert!(pool.take(ConnectionKind::Dedicated).is_some());
    pool.open_spare();
    settled(&pool).await;
    assert_eq!(pool.idle().len(), MAX_SPARES, "the spare that was taken is replaced");
}

#[tokio::test]
async fn a_spare_that_cannot_be_opened_is_not_tried_again() {
    let unserved = TcpSocket::new_v4().unwrap(); // bound and not listening, so it refuses connections
    unserved.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let pool = pool(unserved.local_addr().unwrap().port());
    pool.open_spare();
    settled(&pool).await;
    assert!(pool.idle().is_empty());
}

#[tokio::test]
async fn a_dedicated_call_uses_the_spare_and_has_the_next_one_opened() {
    let (pool, server) = pool_and_server().await;
    tokio::join!(call(&pool), async { answer(accept(&server).await).await });
    let spare = accept(&server).await;
    settled(&pool).await;
    tokio::join!(call(&pool), answer(spare));
    let _next = accept(&server).await;
    settled(&pool).await;
    assert_eq!(pool.idle().len(), 1);
}

#[tokio::test]
async fn a_spare_on_which_bytes_arrived_is_not_used() {
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"code\":\"0\",\"object\":\"other\"}\n";
    for unsolicited in ["HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", reply, "\n"] {
        let (pool, server) = pool_and_server().await;
        pool.open_spare();
        let spare = accept(&server).await;
        settled(&pool).await;
        // Written without the runtime, which has therefore not noticed it when the request is sent.
        let mut spare = spare.into_std().unwrap();
        spare.write_all(unsolicited.as_bytes()).unwrap();
        tokio::join!(call(&pool), async {
            // The next spare and the request's own connection, in any order.
            let (one, other) = (accept(&server).await, accept(&server).await);
            tokio::select! {
                () = answer(one) => {}
                () = answer(other) => {}
            }
        });
    }
}

#[tokio::test]
async fn only_a_reply_that_could_be_read_leaves_its_connection_to_the_next_call() {
    for (body, is_kept) in [(r#"{"code":"0"}"#, true), (r#"{"code":"22025"}"#, true), ("<html>", false), ("{", false)] {
        let (pool, server) = pool_and_server().await;
        let path = "/path".parse().unwrap();
        let call =
            UpstreamRequest { method: Method::PUT, path, body: "body".into(), connection: ConnectionKind::Shared };
        let times = Times { send_by: Instant::now() + TEST_TIMEOUT, reply_within: TEST_TIMEOUT };
        let (_, _connection) = tokio::join!(send(&pool, &call, times), async {
            let mut connection = accept(&server).await;
            let reply = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            connection.read_u8().await.unwrap();
            connection.write_all(reply.as_bytes()).await.unwrap();
            connection
        });
        assert_eq!(pool.take(ConnectionKind::Shared).is_some(), is_kept, "{body}");
    }
}
