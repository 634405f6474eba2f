//! Pipelined requests wait for earlier replies, are answered in order, and use little memory.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gateway::{Setup, TestGateway, user, with};
use crate::raw;

/// Sends all of `requests` and reads until the gateway closes the connection. Returns the statuses of the replies.
async fn statuses(gateway: &TestGateway, requests: Vec<u8>) -> Vec<u16> {
    let (mut reader, mut writer) = TcpStream::connect(gateway.address).await.unwrap().into_split();
    let writing = tokio::spawn(async move {
        writer.write_all(&requests).await.unwrap();
        writer
    });
    let mut replies = Vec::new();
    timeout(Duration::from_secs(60), reader.read_to_end(&mut replies)).await.expect("the connection ends").unwrap();
    drop(writing.await.unwrap());
    let replies = String::from_utf8_lossy(&replies).into_owned();
    replies.split("HTTP/1.1 ").skip(1).map(|reply| reply[..3].parse().unwrap()).collect()
}

const UNKNOWN_PATH: &str = "GET /nowhere HTTP/1.1\r\nHost: g\r\n\r\n";

const LAST: &str = "GET /nowhere HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn thousands_of_pipelined_tiny_requests_are_all_answered() {
    let gateway = TestGateway::start().await;
    let mut requests = String::new();
    for _ in 0..1000 {
        requests += "GET /problems HTTP/1.1\r\nHost:g\r\n\r\nHEAD /docs HTTP/1.1\r\nHost:g\r\n\r\n";
        requests += "GET /docs HTTP/1.1\nHost:g\n\n";
    }
    requests += LAST;
    let replies = statuses(&gateway, requests.into_bytes()).await;
    let expected = [[200, 307, 307].repeat(1000), vec![404]].concat();
    assert!(replies == expected, "{} replies, the last ones {:?}", replies.len(), replies.iter().rev().take(9));
}

/// Sends requests with these bodies on one connection. Each request waits for the previous reply.
async fn expect_created(gateway: &TestGateway, padding: &str) {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    for number in 0..5 {
        let body = user(&format!("user-{number}")).to_string() + padding;
        for request in [raw::post("/users", &raw::usual_headers(), body.as_bytes()), UNKNOWN_PATH.as_bytes().to_vec()] {
            connection.write_all(&request).await.unwrap();
            let reply = raw::read_reply(&mut connection).await;
            assert_eq!(reply.status, if request[0] == b'P' { 201 } else { 404 }, "{}", reply.text());
        }
    }
    assert_eq!(gateway.simulator.requests().len(), 5);
}

#[tokio::test]
async fn bodies_with_empty_lines_do_not_block_a_connection() {
    expect_created(&TestGateway::start().await, &"\n\r\n\n".repeat(4000)).await;
}

#[tokio::test]
async fn bodies_larger_than_the_read_buffer_are_accepted() {
    let gateway = Setup::new().set("server.max_body_bytes", "1000000").start().await;
    expect_created(&gateway, &" \n".repeat(200_000)).await;
}

#[tokio::test]
async fn a_head_has_at_most_32_kib() {
    let gateway = TestGateway::start().await;
    let head = |length: usize| {
        let mut head = "GET /problems HTTP/1.1\r\nHost: g\r\n".to_owned();
        for number in 0..4 {
            let _ = write!(head, "X-Filler-{number}: {}\r\n", "x".repeat(length / 4));
        }
        head + "\r\n"
    };
    assert_eq!(raw::exchange(gateway.address, head(31 * 1024).as_bytes()).await.status, 200);
    for length in [33 * 1024, 100 * 1024] {
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all(head(length).as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        // Unread bytes may turn the close into a reset.
        let _ =
            timeout(Duration::from_secs(10), connection.read_to_end(&mut reply)).await.expect("the connection ends");
        assert!(reply.starts_with(b"HTTP/1.1 431 "), "{length}: {}", String::from_utf8_lossy(&reply));
    }
    // The limit also applies to later requests of a connection.
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(head(31 * 1024).as_bytes()).await.unwrap();
    assert_eq!(raw::read_reply(&mut connection).await.status, 200);
    connection.write_all(head(31 * 1024).as_bytes()).await.unwrap();
    assert_eq!(raw::read_reply(&mut connection).await.status, 200);
    connection.write_all(head(33 * 1024).as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    let _ = timeout(Duration::from_secs(10), connection.read_to_end(&mut reply)).await.expect("the connection ends");
    assert!(reply.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&reply));
}

#[tokio::test]
async fn the_gateway_stops_reading_from_a_caller_that_never_reads() {
    let gateway = TestGateway::start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let requests = "GET /docs HTTP/1.1\r\nHost:g\r\n\r\n".repeat(1000);
    let mut sent = 0;
    // The gateway has read little, and the kernel's buffers on both sides are bounded.
    while let Ok(length) = timeout(Duration::from_secs(1), connection.write(requests.as_bytes())).await {
        sent += length.unwrap();
        assert!(sent < 20 << 20, "the gateway never stops reading");
    }
    assert_eq!(gateway.get("/problems").await.status, 200, "other callers are served");
    let body = with(user("other"), "lastName", "B").to_string();
    assert_eq!(gateway.post_raw("/users", &raw::usual_headers(), body.as_bytes()).await.status, 201);
}
