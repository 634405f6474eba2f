//! Callers that send or read a byte now and then: each of their connections ends within a bound.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, interval, timeout};

use crate::gateway::{Setup, TestGateway};
use crate::raw;

/// What a connection has until its next whole request: the times for a request, for being idle and for a head.
const PATIENCE: Duration = Duration::from_millis(400 + 1000 + 5000);
/// For a machine that is busy.
const SLACK: Duration = Duration::from_secs(3);

const REQUEST: &str = "GET /problems HTTP/1.1\r\nHost: g\r\n\r\n";

async fn start() -> TestGateway {
    Setup::new().hurried().set("server.keep_alive_ms", "1000").start().await
}

/// Sends on, byte by byte, until the gateway ends the connection.
async fn trickle(connection: &mut TcpStream) {
    let cut = timeout(Duration::from_secs(60), async {
        let (mut ticks, mut received) = (interval(Duration::from_millis(50)), [0; 1024]);
        loop {
            tokio::select! {
                read = connection.read(&mut received) => if matches!(read, Ok(0) | Err(_)) { return },
                _ = ticks.tick() => if connection.write_all(b"x").await.is_err() { return },
            }
        }
    });
    cut.await.expect("it is cut");
}

#[track_caller]
fn expect_patience(started: Instant) {
    let borne = started.elapsed();
    assert!((PATIENCE..PATIENCE + SLACK).contains(&borne), "{borne:?}");
}

#[tokio::test]
async fn a_later_head_that_trickles_in_is_cut() {
    let gateway = start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let mut started = Instant::now();
    for _ in 0..3 {
        started = Instant::now();
        connection.write_all(REQUEST.as_bytes()).await.unwrap();
        assert_eq!(raw::read_reply(&mut connection).await.status, 200);
    }
    connection.write_all(b"GET /problems?").await.unwrap();
    trickle(&mut connection).await;
    expect_patience(started);
}

#[tokio::test]
async fn a_body_that_trickles_in_behind_the_last_request_is_not_waited_for() {
    let gateway = start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let last = "GET /problems HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n";
    let behind = "POST /users HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n";
    connection.write_all(format!("{last}{behind}").as_bytes()).await.unwrap();
    let started = Instant::now();
    trickle(&mut connection).await;
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_reader_that_takes_a_little_at_a_time_is_cut() {
    let gateway = start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut connection = socket.connect(gateway.address).await.unwrap();
    let started = Instant::now();
    connection.write_all(b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: g\r\n\r\n").await.unwrap();
    let (mut ticks, mut piece, mut taken) = (interval(Duration::from_millis(50)), [0; 4096], 0);
    let ended = timeout(Duration::from_secs(60), async {
        loop {
            ticks.tick().await;
            match connection.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(length) => taken += length,
            }
        }
    });
    ended.await.expect("it is cut");
    expect_patience(started);
    assert!((100_000..1_000_000).contains(&taken), "{taken} bytes");
}
