//! Bytes that are not a request. Anyone who can connect can send them, so they are never logged at WARN or ERROR.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::environment::Environment;
use crate::listener_tls::{Pair, configured};
use crate::process::{GatewayProcess, json};
use crate::raw;

/// Sends `bytes`, reads the reply and disconnects.
async fn send(address: SocketAddr, bytes: &[u8]) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // The gateway may close the connection before everything is sent.
    let _ = connection.write_all(bytes).await;
    let _ = connection.shutdown().await;
    let mut reply = Vec::new();
    let _ = timeout(Duration::from_secs(10), connection.read_to_end(&mut reply)).await.expect("the connection ends");
}

fn malformed() -> Vec<Vec<u8>> {
    let head = |text: &str| text.as_bytes().to_vec();
    let post = |headers: &str, body: &[u8]| {
        [format!("POST /users HTTP/1.1\r\nHost: g\r\n{headers}\r\n").as_bytes(), body].concat()
    };
    let mut all = vec![
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), // TLS to a listener without TLS
        b"\0\xff\xfe\x80garbage\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
        head("GET / HTTP/9.9\r\n\r\n"),
        head("GET /\r\n\r\n"),
        head("GET / HTTP/1.1\r\nHo st: g\r\n\r\n"),
        head("GET / HTTP/1.1\r\n"),
        format!("GET /{} HTTP/1.1\r\nHost: g\r\n\r\n", "x".repeat(300_000)).into_bytes(),
        format!("GET / HTTP/1.1\r\nHost: g\r\nX: {}", "x".repeat(300_000)).into_bytes(),
        format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(5_000)).into_bytes(),
        post("Content-Length: x\r\n", b""),
        post("Content-Length: 5\r\nContent-Length: 6\r\n", b"{}"),
        post("Content-Length: 100\r\n", b"{}"),
        post("Transfer-Encoding: chunked\r\n", b"zz\r\n"),
        post("Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n"),
        post("Transfer-Encoding: chunked\r\n", b"5\r\nab"),
        post("Expect: 100-continue\r\nContent-Length: 2\r\n", b""),
        head("GET /docs/ HTTP/1.1\r\nHost: g\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\x01\x02\x03"),
    ];
    all.push(b"GET /nowhere HTTP/1.1\r\nHost: g\r\n\r\n\0\0garbage\r\n\r\n".repeat(3));
    all
}

async fn attack(gateway: &GatewayProcess) {
    let attacks = malformed().into_iter().map(|bytes| async move {
        send(gateway.address, &bytes).await;
        send(gateway.management, &bytes).await;
    });
    join_all(attacks).await;
    // A peer that disconnects in the middle of a large reply.
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(b"GET /openapi-3.0.json HTTP/1.1\r\nHost: g\r\n\r\n").await.unwrap();
    let mut byte = [0];
    let _ = timeout(Duration::from_secs(10), connection.read(&mut byte))
        .await
        .expect("a byte, or the end of the connection");
    connection.set_zero_linger().unwrap();
}

/// Checks that the attack caused no line at WARN or ERROR.
async fn expect_no_warning(mut gateway: GatewayProcess) {
    gateway.terminate();
    assert!(gateway.end().await.success());
    let lines = gateway.lines();
    let warnings: Vec<_> = lines.iter().filter(|line| !is_below_warn(line)).collect();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(gateway.stderr_lines(), [""; 0]);
}

fn is_below_warn(line: &str) -> bool {
    ["INFO", "DEBUG", "TRACE"].iter().any(|level| json(line)["level"] == *level)
}

#[tokio::test]
async fn malformed_requests_cause_no_warning_in_the_log() {
    join_all(["info", "trace"].map(async |filter| {
        let (environment, _simulator) = Environment::with_simulator().await;
        let gateway = environment.set("GATEWAY__TELEMETRY__LOG_FILTER", filter).serve().await;
        attack(&gateway).await;
        let reply = raw::exchange(gateway.address, b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n").await;
        assert_eq!(reply.status, 200, "the gateway still serves");
        let is_traced = filter == "trace";
        if is_traced {
            let line = gateway.wait_for_line(|line| line.contains("\"actix_http")).await;
            assert_eq!(json(&line)["level"], "DEBUG", "the request is logged at trace: {line}");
        }
        expect_no_warning(gateway).await;
    }))
    .await;
}

#[tokio::test]
async fn failed_handshakes_cause_no_warning_in_the_log() {
    let pair = Pair::fresh();
    let (environment, _simulator) = Environment::with_simulator().await;
    pair.write(&environment);
    let gateway = configured(environment).set("GATEWAY__TELEMETRY__LOG_FILTER", "trace").serve().await;
    attack(&gateway).await;
    // A client that does not trust the certificate ends the handshake with an alert.
    let untrusted = Pair::fresh();
    assert!(untrusted.connect(gateway.address, rustls::ALL_VERSIONS, &[]).await.is_err());
    assert!(pair.connect(gateway.address, rustls::ALL_VERSIONS, &[]).await.is_ok(), "the gateway still serves");
    expect_no_warning(gateway).await;
}
