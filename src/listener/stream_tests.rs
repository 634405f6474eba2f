//! Tests of `BoundedStream`. They read from it as actix-http does.

use std::io;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{self, timeout};
use tokio_util::task::TaskTracker;

use super::connection::Connection;
use super::stream::BoundedStream;

const HEAD: &str = "GET / HTTP/1.1\r\nHost: g\r\n\r\n";

/// Opens a connection, and returns the client's side and the gateway's side.
async fn connect(idle_timeout: Duration) -> (TcpStream, BoundedStream<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (accepted, _) = listener.accept().await.unwrap();
    (client, BoundedStream::new(accepted, Connection::new(idle_timeout, TaskTracker::new().token())))
}

/// Reads like actix-http, until no input arrives for 100 ms.
async fn read_ahead(stream: &mut BoundedStream<TcpStream>) -> io::Result<Vec<u8>> {
    let (mut input, mut piece) = (Vec::new(), vec![0; 8192]);
    while let Ok(length) = timeout(Duration::from_millis(100), stream.read(&mut piece)).await {
        match length? {
            0 => break,
            length => input.extend_from_slice(&piece[..length]),
        }
    }
    Ok(input)
}

const LONG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn at_most_four_requests_are_read_while_a_handler_runs() {
    let (mut client, mut stream) = connect(LONG).await;
    let connection = stream.connection().clone();
    client.write_all(HEAD.repeat(100).as_bytes()).await.unwrap();
    let guard = connection.begin();
    assert_eq!(read_ahead(&mut stream).await.unwrap().len(), 4 * HEAD.len());
    assert_eq!(read_ahead(&mut stream).await.unwrap().len(), 0);
    drop(guard);
    assert_eq!(read_ahead(&mut stream).await.unwrap().len(), 96 * HEAD.len());
}

#[tokio::test]
async fn at_most_32_kib_are_read_while_a_handler_runs() {
    let (mut client, mut stream) = connect(LONG).await;
    let connection = stream.connection().clone();
    let writing = tokio::spawn(async move {
        client.write_all(&vec![b'x'; 1 << 20]).await.unwrap();
        client
    });
    let _guard = connection.begin();
    assert_eq!(read_ahead(&mut stream).await.unwrap().len(), 32 * 1024);
    let mut read = 0;
    while read < (1 << 20) - 32 * 1024 {
        connection.want_body();
        read += read_ahead(&mut stream).await.unwrap().len();
    }
    drop(writing.await.unwrap());
}

#[tokio::test]
async fn a_read_that_waits_for_the_handler_is_woken_when_it_finishes() {
    let (mut client, mut stream) = connect(LONG).await;
    let connection = stream.connection().clone();
    client.write_all(HEAD.repeat(5).as_bytes()).await.unwrap();
    let guard = connection.begin();
    read_ahead(&mut stream).await.unwrap();
    let mut rest = vec![0; HEAD.len()];
    let (read, ()) = tokio::join!(timeout(LONG, stream.read_exact(&mut rest)), async { drop(guard) });
    assert_eq!(read.unwrap().unwrap(), HEAD.len());
}

#[tokio::test]
async fn no_input_is_read_while_the_peer_does_not_read_replies() {
    let (mut client, mut stream) = connect(LONG).await;
    let replies = vec![b'r'; 1 << 16];
    while timeout(Duration::from_millis(100), stream.write_all(&replies)).await.is_ok() {}
    client.write_all(HEAD.as_bytes()).await.unwrap();
    assert_eq!(read_ahead(&mut stream).await.unwrap().len(), 0);
    let reading = tokio::spawn(async move {
        let mut piece = vec![0; 1 << 16];
        while client.read(&mut piece).await.is_ok_and(|length| length > 0) {}
    });
    timeout(LONG, stream.write_all(b"r")).await.unwrap().unwrap();
    assert_eq!(read_ahead(&mut stream).await.unwrap(), HEAD.as_bytes());
    drop(stream);
    reading.await.unwrap();
}

#[tokio::test]
async fn a_head_that_is_too_long_ends_the_input_and_gets_a_reply() {
    let (mut client, mut stream) = connect(LONG).await;
    client.write_all(&vec![b'x'; 40 * 1024]).await.unwrap();
    assert_eq!(read_ahead(&mut stream).await.unwrap().len(), 32 * 1024);
    stream.shutdown().await.unwrap();
    let mut reply = Vec::new();
    client.read_to_end(&mut reply).await.unwrap();
    assert!(reply.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&reply));
}

#[tokio::test]
async fn input_without_a_request_ends_after_1_mib() {
    let (mut client, mut stream) = connect(LONG).await;
    let writing = tokio::spawn(async move { while client.write_all(&b"no request\n\n".repeat(1000)).await.is_ok() {} });
    let read = read_ahead(&mut stream).await.unwrap().len();
    assert!((1 << 20..(1 << 20) + 64 * 1024).contains(&read), "{read}");
    drop(stream);
    writing.await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed_at_its_deadline_which_each_request_extends() {
    let (_client, mut stream) = connect(Duration::from_millis(300)).await;
    let connection = stream.connection().clone();
    time::pause();
    for _ in 0..4 {
        time::advance(Duration::from_millis(200)).await;
        drop(connection.begin());
        stream.flush().await.expect("an open connection");
    }
    time::advance(Duration::from_millis(302)).await;
    assert_eq!(stream.flush().await.expect_err("a closed connection").kind(), io::ErrorKind::TimedOut);
}

#[tokio::test]
async fn an_evicted_connection_is_closed_unless_its_request_has_arrived() {
    for (sent, read) in [("", None), (HEAD, Some(HEAD.len()))] {
        let (mut client, mut stream) = connect(LONG).await;
        client.write_all(sent.as_bytes()).await.unwrap();
        let connection = stream.connection().clone();
        connection.evict();
        let mut input = vec![0; 100];
        assert_eq!(timeout(LONG, stream.read(&mut input)).await.unwrap().ok(), read);
    }
}
