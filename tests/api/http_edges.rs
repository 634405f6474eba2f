//! Rare and invalid uses of HTTP.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::gateway::{TestGateway, alice, token, user};
use crate::raw;

/// Sends `request`, closes the sending side, and reads until the gateway closes the connection.
async fn exchange(gateway: &TestGateway, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(request).await.unwrap();
    connection.shutdown().await.unwrap();
    let mut received = Vec::new();
    // A reset counts as an end, too.
    let _ = timeout(Duration::from_secs(10), connection.read_to_end(&mut received)).await.expect("the connection ends");
    String::from_utf8_lossy(&received).into_owned()
}

#[tokio::test]
async fn an_absolute_target_is_read_as_its_path() {
    let gateway = TestGateway::start().await;
    let headers = raw::usual_headers();
    for (path, body) in [("/users", alice()), ("/users/b%6Fb/otp-token", token())] {
        let reply = gateway.post_raw(&format!("http://elsewhere{path}"), &headers, body.to_string().as_bytes()).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    let names: Vec<_> =
        gateway.simulator.requests().iter().map(|request| request.members["username"].clone()).collect();
    assert_eq!(names, ["alice", "bob"]);
}

#[tokio::test]
async fn targets_without_a_path_match_no_route() {
    let gateway = TestGateway::start().await;
    let reply = raw::exchange(gateway.address, b"OPTIONS * HTTP/1.1\r\nHost: g\r\n\r\n").await;
    reply.problem("not_found");
    let received = exchange(&gateway, b"CONNECT centagate:443 HTTP/1.1\r\nHost: g\r\n\r\n").await;
    assert!(!received.starts_with("HTTP/1.1 2"), "no tunnel: {received}");
}

#[tokio::test]
async fn http_1_0_is_served() {
    let gateway = TestGateway::start().await;
    let body = alice().to_string();
    let request =
        format!("POST /users HTTP/1.0\r\n{}Content-Length: {}\r\n\r\n{body}", raw::usual_headers(), body.len());
    let received = exchange(&gateway, request.as_bytes()).await;
    assert!(received.starts_with("HTTP/1.0 201") || received.starts_with("HTTP/1.1 201"), "{received}");
}

#[tokio::test]
async fn a_caller_that_waits_for_100_continue_gets_it() {
    let gateway = TestGateway::start().await;
    let body = alice().to_string();
    let head = format!(
        "POST /users HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\n{}Content-Length: {}\r\n\r\n",
        raw::usual_headers(),
        body.len()
    );
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    timeout(Duration::from_secs(10), connection.read_exact(&mut interim)).await.expect("within 10 s").unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.write_all(body.as_bytes()).await.unwrap();
    assert_eq!(raw::read_reply(&mut connection).await.status, 201);
}

#[tokio::test]
async fn requests_with_an_ambiguous_end_are_not_sent_to_centagate() {
    let gateway = TestGateway::start().await;
    let body = alice().to_string();
    let headers = raw::usual_headers();
    let length = body.len();
    for framing in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n{body}"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("Content-Length: {length}\r\nContent-Length: 2\r\n\r\n{body}"),
        format!("Content-Length: {length}, {length}\r\n\r\n{body}"),
        format!("Content-Length: +{length}\r\n\r\n{body}"),
        format!("Content-Length: -1\r\n\r\n{body}"),
        format!("Content-Length : {length}\r\n\r\n{body}"),
        format!("Transfer-Encoding: gzip, chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n{body}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\n\r\n-1\r\n{body}\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
        format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}"),
    ] {
        let received =
            exchange(&gateway, format!("POST /users HTTP/1.1\r\nHost: g\r\n{headers}{framing}").as_bytes()).await;
        assert!(!received.contains(" 201 "), "{framing}: {received}");
        assert!(gateway.simulator.requests().is_empty(), "{framing}: {received}");
    }
}

#[tokio::test]
async fn a_head_that_is_not_valid_http_gets_no_success() {
    let gateway = TestGateway::start().await;
    let endless = format!("GET /problems HTTP/1.1\r\nHost: g\r\nX: {}\r\n\r\n", "x".repeat(300 * 1024));
    for request in [
        &b"\x16\x03\x01\x00\xa5\x01\x00\x00"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /problems\r\n\r\n",
        b"GET /problems HTTP/3.0\r\n\r\n",
        b"GET /problems HTTP/1.1\r\nHost: g\r\nBad Header: x\r\n\r\n",
        b"GET /problems HTTP/1.1\r\nHost: g\r\nX: a\x00b\r\n\r\n",
        endless.as_bytes(),
    ] {
        let received = exchange(&gateway, request).await;
        assert!(!received.contains(" 200 "), "{received}");
    }
    assert_eq!(gateway.get("/problems").await.status, 200, "other callers are still served");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let gateway = TestGateway::start().await;
    let headers = raw::usual_headers();
    let first = raw::post("/users", &headers, user("first").to_string().as_bytes());
    let second = raw::post("/users", &headers, user("second").to_string().as_bytes());
    let received = exchange(&gateway, &[first, second].concat()).await;
    let order = [received.find("/users/first"), received.find("/users/second")];
    assert!(order[0].is_some() && order[0] < order[1], "{received}");
}
