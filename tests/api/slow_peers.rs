//! Callers that send or read a byte now and then. The gateway closes each of their connections within a bound.

use std::time::Duration;

use rustls::version::TLS13;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, interval, timeout};

use crate::environment::Environment;
use crate::gateway::{Setup, TestGateway};
use crate::listener_tls::{Pair, configured};
use crate::process::{GatewayProcess, largest_file};
use crate::raw;

/// The longest time until the next complete head: the limits for a request, for an idle connection and for a head.
const MAX_CONNECTION_TIME: Duration = Duration::from_millis(600 + 1000 + 5000);
/// An allowance for a busy machine.
const SLACK: Duration = Duration::from_secs(3);

const REQUEST: &str = "GET /problems HTTP/1.1\r\nHost: g\r\n\r\n";

async fn start() -> TestGateway {
    Setup::new().hurried().set("server.keep_alive_ms", "1000").start().await
}

/// Starts a gateway process with TLS.
async fn start_with_tls(pair: &Pair) -> GatewayProcess {
    let environment = configured(Environment::without_centagate());
    pair.write(&environment);
    let times = [("CENTAGATE__CONNECT", "150"), ("CENTAGATE__REQUEST", "150"), ("SERVER__REQUEST", "600")];
    let environment = times.iter().fold(environment, |environment, (name, milliseconds)| {
        environment.set(&format!("GATEWAY__{name}_TIMEOUT_MS"), milliseconds)
    });
    environment.set("GATEWAY__SERVER__KEEP_ALIVE_MS", "1000").serve().await
}

/// Sends byte by byte until the gateway closes the connection.
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
    cut.await.expect("the gateway closes the connection");
}

#[track_caller]
fn expect_closed_in_time(started: Instant) {
    let elapsed = started.elapsed();
    assert!((MAX_CONNECTION_TIME..MAX_CONNECTION_TIME + SLACK).contains(&elapsed), "{elapsed:?}");
}

#[tokio::test]
async fn a_head_that_arrives_byte_by_byte_after_other_requests_is_cut_off() {
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
async fn stalled_handshakes_are_cut_off_and_delay_no_caller() {
    let pair = Pair::fresh();
    let gateway = start_with_tls(&pair).await;
    let started = Instant::now();
    let mut stalled = Vec::new();
    for _ in 0..300 {
        stalled.push(TcpStream::connect(gateway.address).await.unwrap());
    }
    let mut caller = pair.connect(gateway.address, &[&TLS13], &[]).await.expect("a handshake");
    caller.write_all(REQUEST.as_bytes()).await.unwrap();
    assert_eq!(raw::read_reply(&mut caller).await.status, 200);
    let waited = started.elapsed();
    assert!(waited < Duration::from_secs(3), "{waited:?}");
    for mut connection in stalled {
        assert!(raw::is_closed(&mut connection).await);
    }
    assert!(started.elapsed() < Duration::from_secs(5) + SLACK, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_slow_body_after_the_last_request_does_not_keep_the_connection_open() {
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
async fn a_caller_that_reads_too_slowly_is_cut_off() {
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
    ended.await.expect("the gateway closes the connection");
    expect_closed_in_time(started);
    assert!((100_000..1_000_000).contains(&taken), "{taken} bytes");
}
