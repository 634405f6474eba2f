//! Callers that send or read a byte now and then: each of their connections ends within a bound.

use std::time::Duration;

use rustls::version::TLS13;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, interval, timeout};

use crate::gateway::{Setup, TestGateway};
use crate::listener_tls::{Pair, configured};
use crate::process::{Environment, GatewayProcess, largest_file};
use crate::raw;

/// What a connection has until the next whole head: the times for a request, for being idle and for a head.
const MAX_CONNECTION_TIME: Duration = Duration::from_millis(600 + 1000 + 5000);
/// For a machine that is busy.
const SLACK: Duration = Duration::from_secs(3);

const REQUEST: &str = "GET /problems HTTP/1.1\r\nHost: g\r\n\r\n";

async fn start() -> TestGateway {
    Setup::new().hurried().set("server.keep_alive_ms", "1000").start().await
}

/// The same with TLS, as a process.
async fn start_with_tls(pair: &Pair) -> GatewayProcess {
    let environment = configured(Environment::without_centagate());
    pair.write(&environment);
    let times = [("CENTAGATE__CONNECT", "150"), ("CENTAGATE__REQUEST", "150"), ("SERVER__REQUEST", "600")];
    let environment = times.iter().fold(environment, |environment, (name, milliseconds)| {
        environment.set(&format!("GATEWAY__{name}_TIMEOUT_MS"), milliseconds)
    });
    environment.set("GATEWAY__SERVER__KEEP_ALIVE_MS", "1000").serve().await
}

/// Sends on, byte by byte, until the gateway ends the connection.
async fn trickle(connection: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let (mut connection, mut writer) = split(connection);
    let cut = timeout(Duration::from_secs(60), async {
        let (mut ticks, mut received) = (interval(Duration::from_millis(50)), [0; 1024]);
        loop {
            tokio::select! {
                read = connection.read(&mut received) => if matches!(read, Ok(0) | Err(_)) { return },
                _ = ticks.tick() => if writer.write_all(b"x").await.is_err() { return },
            }
        }
    });
    cut.await.expect("it is cut");
}

#[track_caller]
fn expect_closed_in_time(started: Instant) {
    let borne = started.elapsed();
    assert!((MAX_CONNECTION_TIME..MAX_CONNECTION_TIME + SLACK).contains(&borne), "{borne:?}");
}

#[tokio::test]
async fn a_later_head_that_trickles_in_is_cut() {
    let without_tls = async {
        let gateway = start().await;
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        trickle_after_requests(&mut connection).await;
    };
    let with_tls = async {
        let pair = Pair::fresh();
        let gateway = start_with_tls(&pair).await;
        let mut connection = pair.connect(gateway.address, &[&TLS13], &[]).await.expect("a handshake");
        trickle_after_requests(&mut connection).await;
    };
    tokio::join!(without_tls, with_tls);
}

async fn trickle_after_requests(connection: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let mut started = Instant::now();
    for _ in 0..3 {
        started = Instant::now();
        connection.write_all(REQUEST.as_bytes()).await.unwrap();
        assert_eq!(raw::read_reply(connection).await.status, 200);
    }
    connection.write_all(b"GET /problems?").await.unwrap();
    trickle(connection).await;
    expect_closed_in_time(started);
}

#[tokio::test]
async fn handshakes_that_stall_are_cut_and_keep_nobody_waiting() {
    let pair = Pair::fresh();
    let gateway = start_with_tls(&pair).await;
    let started = Instant::now();
    let mut stalled = Vec::new();
    for _ in 0..300 {
        stalled.push(TcpStream::connect(gateway.address).await.unwrap());
    }
    let mut good = pair.connect(gateway.address, &[&TLS13], &[]).await.expect("a handshake");
    good.write_all(REQUEST.as_bytes()).await.unwrap();
    assert_eq!(raw::read_reply(&mut good).await.status, 200);
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    for mut connection in stalled {
        assert!(raw::is_closed(&mut connection).await);
    }
    assert!(started.elapsed() < Duration::from_secs(5) + SLACK, "{:?}", started.elapsed());
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
    assert!(started.elapsed() < MAX_CONNECTION_TIME, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_reader_that_takes_a_little_at_a_time_is_cut() {
    let gateway = start().await;
    let script = largest_file(gateway.address).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut connection = socket.connect(gateway.address).await.unwrap();
    let started = Instant::now();
    connection.write_all(format!("GET {script} HTTP/1.1\r\nHost: g\r\n\r\n").as_bytes()).await.unwrap();
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
    expect_closed_in_time(started);
    assert!((100_000..1_000_000).contains(&taken), "{taken} bytes");
}
