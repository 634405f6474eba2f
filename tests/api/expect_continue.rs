//! `Expect: 100-continue`: the gateway sends `100 Continue` only if it wants the body.

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, user};
use crate::raw;

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The first bytes of the reply. The request's body is not sent.
async fn first_bytes(connection: &mut TcpStream) -> Vec<u8> {
    let mut words = vec![0; CONTINUE.len()];
    timeout(Duration::from_secs(10), connection.read_exact(&mut words)).await.expect("within 10 s").unwrap();
    words
}

fn expecting(line: &str, headers: &str, framing: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\n{headers}{framing}\r\n\r\n")
}

#[tokio::test]
async fn a_refused_request_gets_its_reply_without_100_continue() {
    let gateway = Setup::new().set("rate_limit.requests_per_minute", "1").set("rate_limit.burst", "4").start().await;
    let usual = raw::usual_headers();
    let as_caller = |key: &str| format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    let length = "Content-Length: 20";
    let mut refused = Vec::new();
    for (line, headers, framing, status) in [
        ("POST /users", "Content-Type: application/json\r\n".to_owned(), length, "401"),
        ("POST /users", as_caller("unknown"), length, "401"),
        ("POST /users", as_caller(callers::TOKENS), length, "403"),
        ("POST /nowhere", usual.clone(), length, "404"),
        ("PUT /users", usual.clone(), length, "405"),
        ("GET /problems", String::new(), length, "200"),
        ("POST /users", usual.replace("json", "xml"), length, "415"),
        ("POST /users", format!("{usual}Content-Encoding: gzip\r\n"), length, "415"),
        ("POST /users", usual.clone(), "Content-Length: 16385", "413"),
        ("POST /users", usual.clone(), "Content-Length: 0", "400"),
        ("POST /users", usual.clone(), length, "429"),
        ("POST /users", usual.clone(), "Transfer-Encoding: chunked", "429"),
    ] {
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all(expecting(line, &headers, framing).as_bytes()).await.unwrap();
        let words = String::from_utf8(first_bytes(&mut connection).await).unwrap();
        assert!(words.starts_with(&format!("HTTP/1.1 {status} ")), "{line} {headers}{framing}: {words}");
        if framing != "Content-Length: 0" {
            refused.push((connection, format!("{line} {headers}{framing}")));
        }
    }
    // The next bytes could be the body or another request, so the gateway closes the connection.
    join_all(refused.into_iter().map(async |(mut connection, request)| {
        let mut rest = String::new();
        timeout(Duration::from_secs(10), connection.read_to_string(&mut rest))
            .await
            .expect("the connection ends")
            .unwrap();
        assert!(rest.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{request}: {rest}");
    }))
    .await;
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_request_whose_body_is_wanted_gets_100_continue() {
    let gateway = TestGateway::start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    for number in 0..3 {
        let body = user(&format!("user-{number}")).to_string();
        for framing in [format!("Content-Length: {}", body.len()), "Transfer-Encoding: chunked".to_owned()] {
            let head = expecting("POST /users", &raw::usual_headers(), &framing);
            connection.write_all(head.as_bytes()).await.unwrap();
            assert_eq!(first_bytes(&mut connection).await, CONTINUE);
            let body = if framing.contains("chunked") { crate::wire_row::chunked(&body) } else { body.clone() };
            connection.write_all(body.as_bytes()).await.unwrap();
            let reply = raw::read_reply(&mut connection).await;
            // The connection stays open. The second request finds that the username is taken.
            assert_eq!(reply.status, if framing.contains("chunked") { 409 } else { 201 }, "{}", reply.text());
        }
    }
    assert_eq!(gateway.simulator.requests().len(), 6);
}

#[tokio::test]
async fn a_body_sent_at_once_is_read_without_waiting_for_100_continue() {
    let gateway = TestGateway::start().await;
    let body = alice().to_string();
    let head = expecting("POST /users", &raw::usual_headers(), &format!("Content-Length: {}", body.len()));
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all((head + &body).as_bytes()).await.unwrap();
    let words = first_bytes(&mut connection).await;
    // The gateway may still send an interim reply.
    assert!(words.starts_with(b"HTTP/1.1 201 ") || words == CONTINUE, "{}", String::from_utf8_lossy(&words));
}

#[tokio::test]
async fn a_body_that_does_not_follow_100_continue_gets_408() {
    let gateway = Setup::new().hurried().start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let head = expecting("POST /users", &raw::usual_headers(), "Content-Length: 20");
    connection.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(first_bytes(&mut connection).await, CONTINUE);
    let reply = raw::read_reply(&mut connection).await;
    reply.problem("request_timeout");
    assert_eq!(reply.header("connection"), Some("close"));
}

#[tokio::test]
async fn expectations_that_are_unknown_or_of_http_1_0_are_ignored() {
    let gateway = TestGateway::start().await;
    for (number, (version, expectation)) in
        [("1.1", "something"), ("1.1", ""), ("1.0", "100-continue"), ("1.1", "\"100-continue\"")]
            .into_iter()
            .enumerate()
    {
        let body = user(&format!("user-{number}")).to_string();
        let headers = raw::usual_headers();
        let request = format!(
            "POST /users HTTP/{version}\r\nHost: g\r\nExpect: {expectation}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(raw::exchange(gateway.address, request.as_bytes()).await.status, 201, "{expectation}");
    }
}
