//! Bodies that are refused as a whole with 400, 408, 413 or 415.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, user, with};
use crate::operations::{Operation, operations_with_body};
use crate::raw;

/// The head of a JSON request with these headers, each of which ends in CRLF.
fn head(operation: &Operation, headers: &str) -> String {
    let path = operation.path_of("bob");
    format!("{} {path} HTTP/1.1\r\nHost: g\r\n{}{headers}\r\n", operation.method, raw::usual_headers())
}

#[tokio::test]
async fn a_body_that_is_not_one_json_object_gets_400() {
    let gateway = TestGateway::start().await;
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let unended = "[".repeat(10_000);
    let utf_16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bodies: [&[u8]; 30] = [
        b"",
        b" ",
        b"null",
        b"true",
        b"0",
        b"\"text\"",
        b"[]",
        b"[{}]",
        b"{",
        b"{\"a\"",
        b"{\"a\":",
        b"{\"a\":1",
        b"}",
        b"{}{}",
        b"{} x",
        b"{'a':1}",
        b"{a:1}",
        b"{\"a\":1,}",
        b"{\"a\":NaN}",
        b"{\"a\":01}",
        b"/**/{}",
        b"{\"a\":\"\n\"}",
        b"{\"a\":\"\\x\"}",
        b"{\"a\":\"\\ud800\"}",
        b"{\"a\":\"\xff\"}",
        b"\xef\xbb\xbf{}",
        &utf_16,
        deep.as_bytes(),
        unended.as_bytes(),
        b"username=alice",
    ];
    for operation in operations_with_body() {
        for body in bodies {
            if body.is_empty() && operation.body_is_optional {
                continue;
            }
            let request = raw::request(operation.method, &operation.path_of("bob"), &raw::usual_headers(), body);
            let reply = raw::exchange(gateway.address, &request).await;
            let what = format!("{} {:.40}", operation.id, String::from_utf8_lossy(body));
            assert_eq!(reply.status, 400, "{what}: {}", reply.text());
            reply.problem("malformed_request");
        }
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_body_with_a_duplicate_member_gets_400() {
    let gateway = TestGateway::start().await;
    let user = alice().to_string();
    let inside = user.trim_end_matches('}');
    for twice in [
        r#""username":"alice""#,
        r#""username":"mallory""#,
        r#""\u0075sername":"mallory""#,
        r#""role":"user","role":"companyAdmin""#,
        r#""x":1,"x":1"#,
        r#""x":{"y":1,"y":1}"#,
        r#""additionalData":[{"y":1,"y":1}]"#,
    ] {
        let body = format!("{inside},{twice}}}");
        gateway.post_raw("/users", &raw::usual_headers(), body.as_bytes()).await.problem("malformed_request");
    }
    let body = br#"{"status":"valid","status":"valid"}"#;
    gateway.post_raw("/users/bob/otp-token", &raw::usual_headers(), body).await.problem("malformed_request");
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_body_with_another_content_type_or_coding_gets_415() {
    let gateway = TestGateway::start().await;
    for headers in [
        "",
        "Content-Type: \r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        "Content-Type: application/json-patch+json\r\n",
        "Content-Type: application/problem+json\r\n",
        "Content-Type: text/json\r\n",
        "Content-Type: json\r\n",
        "Content-Type: application/json, application/json\r\n",
        "Content-Type: application/json\r\nContent-Type: application/json\r\n",
        "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        "Content-Type: application/json; charset=latin-1\r\n",
        "Content-Type: application/json; charset=utf-16\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        "Content-Type: application/json\r\nContent-Encoding: br\r\n",
        "Content-Type: application/json\r\nContent-Encoding: identity, gzip\r\n",
    ] {
        for operation in operations_with_body() {
            let headers = format!("Authorization: Bearer {}\r\n{headers}", callers::EVERYTHING);
            let reply = raw::exchange(gateway.address, &operation.raw_request(&headers, "bob")).await;
            assert_eq!(reply.status, 415, "{} {headers}", operation.id);
            reply.problem("unsupported_media_type");
            let wants_coding = headers.contains("Encoding");
            assert_eq!(reply.header("accept-encoding"), wants_coding.then_some("identity"), "{headers}");
            if operation.method == "POST" {
                let media_type = (!wants_coding).then_some("application/json");
                assert_eq!(reply.header("accept-post"), media_type, "{} {headers}", operation.id);
            }
        }
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn every_valid_spelling_of_the_json_content_type_is_accepted() {
    let gateway = TestGateway::start().await;
    for (number, declaration) in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "application/json ; Charset=Utf-8",
        "application/json; charset=utf8",
        "application/json; charset=\"UTF_8\"",
        "application/json; charset=us-ascii",
        "application/json\r\nContent-Encoding: identity",
    ]
    .into_iter()
    .enumerate()
    {
        let headers = format!("Authorization: Bearer {}\r\nContent-Type: {declaration}\r\n", callers::EVERYTHING);
        let body = user(&format!("user-{number}")).to_string();
        let reply = gateway.post_raw("/users", &headers, body.as_bytes()).await;
        assert_eq!(reply.status, 201, "{declaration}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413_with_or_without_a_length() {
    let gateway = TestGateway::start().await;
    let mut body = alice().to_string().into_bytes();
    body.resize(16 * 1024, b' ');
    let largest = gateway.post_raw("/users", &raw::usual_headers(), &body).await;
    assert_eq!(largest.status, 201, "16 KiB are within the limit: {}", largest.text());
    for operation in operations_with_body() {
        body.resize(operation.max_body_bytes.unwrap_or(16 * 1024) + 1, b' ');
        let path = operation.path_of("bob");
        let announced = raw::request(operation.method, &path, &raw::usual_headers(), &body);
        let chunked = head(operation, "Transfer-Encoding: chunked\r\n");
        let chunk = format!("{:x}\r\n", body.len());
        let chunked = [chunked.as_bytes(), chunk.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        let huge = head(operation, "Content-Length: 99999999999\r\n").into_bytes();
        for request in [announced, chunked, huge] {
            let reply = raw::exchange(gateway.address, &request).await;
            assert_eq!(reply.status, 413, "{}", operation.id);
            reply.problem("body_too_large");
        }
    }
    assert_eq!(gateway.simulator.requests().len(), 1);
}

#[tokio::test]
async fn a_chunked_body_within_the_limit_is_accepted() {
    let gateway = TestGateway::start().await;
    let body = alice().to_string();
    let (start, end) = body.split_at(10);
    let headers = raw::usual_headers();
    let request = format!(
        "POST /users HTTP/1.1\r\nHost: g\r\n{headers}Transfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{start}\r\n{:x}\r\n{end}\r\n0\r\n\r\n",
        start.len(),
        end.len(),
    );
    let reply = raw::exchange(gateway.address, request.as_bytes()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}

#[tokio::test]
async fn a_stalled_body_gets_408_and_its_connection_is_closed() {
    let gateway = Setup::new().hurried().start().await;
    let cases = operations_with_body().flat_map(|operation| [(operation, ""), (operation, "{\"username\":")]);
    join_all(cases.map(async |(operation, sent)| {
        let started = Instant::now();
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all((head(operation, "Content-Length: 100\r\n") + sent).as_bytes()).await.unwrap();
        let reply = raw::read_reply(&mut connection).await;
        assert_eq!(reply.status, 408, "{}", operation.id);
        reply.problem("request_timeout");
        assert_eq!(reply.header("connection"), Some("close"), "{}", operation.id);
        assert!(raw::is_closed(&mut connection).await, "{}", operation.id);
        assert!(started.elapsed() < Duration::from_secs(5), "half of 600 ms, on a slow machine");
    }))
    .await;
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn a_body_that_arrives_byte_by_byte_gets_408() {
    let gateway = Setup::new().hurried().start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let head = format!("POST /users HTTP/1.1\r\nHost: g\r\n{}Content-Length: 16000\r\n\r\n", raw::usual_headers());
    connection.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = connection.into_split();
    let trickle = tokio::spawn(async move {
        let mut beat = tokio::time::interval(Duration::from_millis(10));
        while writer.write_all(b" ").await.is_ok() {
            beat.tick().await;
        }
    });
    let mut received = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut received);
    // The gateway closes the connection while bytes still arrive, so a reset may follow the reply.
    let _ = tokio::time::timeout(Duration::from_secs(10), read).await.expect("the connection ends");
    trickle.abort();
    assert!(received.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&received));
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn an_incomplete_body_is_not_sent_to_centagate() {
    let gateway = TestGateway::start().await;
    let body = with(alice(), "username", "short").to_string();
    let head =
        format!("POST /users HTTP/1.1\r\nHost: g\r\n{}Content-Length: 16000\r\n\r\n{body}", raw::usual_headers());
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.shutdown().await.unwrap();
    assert!(gateway.create_user(&alice()).await.status == 201);
    assert_eq!(gateway.simulator.requests().len(), 1, "only the complete request is sent");
}
