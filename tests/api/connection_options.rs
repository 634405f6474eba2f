//! `Connection: upgrade` and other options. The gateway ignores an offer to upgrade (RFC 9110, section 7.8), and its
//! reply says whether the connection stays open.

use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::gateway::{TestGateway, user};
use crate::raw;
use crate::wire_row::chunked;

/// Offers that proxies and HTTP libraries send.
const OFFERS: [&str; 7] = [
    "Connection: upgrade\r\n", // nginx with a common snippet
    "Connection: Upgrade\r\nUpgrade: \r\n",
    "Connection: keep-alive, upgrade\r\n",
    "Connection: keep-alive\r\nConnection: Upgrade\r\n",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n", // the JDK
    "Connection: Upgrade\r\nUpgrade: websocket\r\n",
    "Upgrade: websocket\r\n",
];

/// The status of the reply to `request`. Checks that the connection then stays open or closes as the reply says.
async fn status(gateway: &TestGateway, request: &[u8]) -> u16 {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(request).await.unwrap();
    let reply = raw::read_reply(&mut connection).await;
    if reply.header("connection").is_some_and(|option| option == "close") {
        assert!(raw::is_closed(&mut connection).await);
    } else {
        connection.write_all(b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n").await.unwrap();
        let sent = String::from_utf8_lossy(request);
        assert_eq!(raw::read_reply(&mut connection).await.status, 200, "{sent} is answered with {reply:?}");
    }
    reply.status
}

#[tokio::test]
async fn an_offer_to_upgrade_is_ignored_and_the_reply_announces_the_end_of_a_connection() {
    let gateway = TestGateway::start().await;
    let gateway = &gateway;
    join_all(OFFERS.into_iter().enumerate().map(async |(number, offer)| {
        let headers = format!("{}{offer}", raw::usual_headers());
        let name = |framing| user(&format!("user-{number}-{framing}")).to_string();
        let with_length = raw::post("/users", &headers, name("length").as_bytes());
        assert_eq!(status(gateway, &with_length).await, 201, "{offer}");
        let body = chunked(&name("chunks"));
        let in_chunks = format!("POST /users HTTP/1.1\r\nHost: g\r\n{headers}Transfer-Encoding: chunked\r\n\r\n{body}");
        assert_eq!(status(gateway, in_chunks.as_bytes()).await, 201, "{offer}");
        let empty = format!("POST /users HTTP/1.1\r\nHost: g\r\n{headers}\r\n");
        assert_eq!(status(gateway, empty.as_bytes()).await, 400, "{offer}");
        for (method, expected) in [("GET", 200), ("POST", 405), ("CONNECT", 405)] {
            let request = format!("{method} /problems HTTP/1.1\r\nHost: g\r\n{offer}\r\n");
            assert_eq!(status(gateway, request.as_bytes()).await, expected, "{method} {offer}");
        }
        let old = format!("GET /problems HTTP/1.0\r\n{offer}\r\n");
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all(old.as_bytes()).await.unwrap();
        assert_eq!(raw::read_reply(&mut connection).await.status, 200, "{offer}");
    }))
    .await;
    assert_eq!(gateway.simulator.requests().len(), 2 * OFFERS.len());
}

#[tokio::test]
async fn a_connection_stays_open_after_replies_of_http_1_0_on_others() {
    let gateway = TestGateway::start().await;
    for _ in 0..4 {
        let mut old = TcpStream::connect(gateway.address).await.unwrap();
        old.write_all(b"GET /problems HTTP/1.0\r\n\r\n").await.unwrap();
        assert_eq!(raw::read_reply(&mut old).await.status, 200);
        assert!(raw::is_closed(&mut old).await);
    }
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    for _ in 0..8 {
        connection.write_all(b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n").await.unwrap();
        let reply = raw::read_reply(&mut connection).await;
        assert_eq!((reply.status, reply.header("connection")), (200, None));
    }
}

#[tokio::test]
async fn a_request_with_an_offer_to_upgrade_is_read_up_to_its_content_length() {
    let gateway = TestGateway::start().await;
    for (number, offer) in OFFERS.into_iter().enumerate() {
        let headers = format!("{}{offer}", raw::usual_headers());
        let request = raw::post("/users", &headers, user(&format!("user-{number}")).to_string().as_bytes());
        let (head_and_start, end) = request.split_at(request.len() - 10);
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.set_nodelay(true).unwrap();
        connection.write_all(head_and_start).await.unwrap();
        connection.write_all(&[end, b"surplus"].concat()).await.unwrap();
        assert_eq!(raw::read_reply(&mut connection).await.status, 201, "{offer}");
    }
}

#[tokio::test]
async fn the_management_listener_announces_the_end_of_its_connections() {
    let gateway = TestGateway::start().await;
    for offer in OFFERS.into_iter().chain(["", "Connection: keep-alive\r\n"]) {
        let mut connection = TcpStream::connect(gateway.management).await.unwrap();
        connection.write_all(format!("GET /livez HTTP/1.1\r\nHost: g\r\n{offer}\r\n").as_bytes()).await.unwrap();
        let head = raw::read_head(&mut connection).await.to_ascii_lowercase();
        assert!(head.starts_with("http/1.1 200 ") && head.contains("\r\nconnection: close"), "{offer}: {head}");
    }
}
