//! The bytes sent on one connection, the expected statuses, and the number of users that arrive at CENTAGATE.

use centagate_simulator::{Behaviour, Instruction};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Duration, timeout};

use crate::gateway::{Setup, TestGateway, user};
use crate::raw;

/// The bytes to send, the expected statuses, and the expected number of users at CENTAGATE.
pub(crate) struct Row {
    pub(crate) sent: Vec<u8>,
    pub(crate) statuses: &'static [u16],
    pub(crate) users: usize,
}

/// A head without framing headers and without the empty line at its end.
pub(crate) fn head() -> String {
    format!("POST /users HTTP/1.1\r\nHost: g\r\n{}", raw::usual_headers())
}

/// A row with this framing and body.
pub(crate) fn post(framing: &str, body: impl AsRef<[u8]>, statuses: &'static [u16], users: usize) -> Row {
    Row { sent: [format!("{}{framing}\r\n\r\n", head()).as_bytes(), body.as_ref()].concat(), statuses, users }
}

pub(crate) fn any(sent: impl AsRef<[u8]>, statuses: &'static [u16], users: usize) -> Row {
    Row { sent: sent.as_ref().to_vec(), statuses, users }
}

pub(crate) fn body() -> String {
    user("rider").to_string()
}

/// A complete request that must not be executed unless it is framed as one.
pub(crate) fn smuggled() -> String {
    String::from_utf8(raw::post("/users", &raw::usual_headers(), user("stowaway").to_string().as_bytes())).unwrap()
}

pub(crate) fn chunked(body: &str) -> String {
    format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
}

/// The statuses of all final replies until the gateway closes the connection.
pub(crate) async fn statuses(gateway: &TestGateway, sent: &[u8]) -> Vec<u16> {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let received = timeout(Duration::from_secs(10), async {
        let (mut reader, mut writer) = connection.split();
        let mut received = Vec::new();
        // The gateway may close the connection before everything is sent. A reset counts as an end, too.
        let write = async {
            let _ = writer.write_all(sent).await;
            let _ = writer.shutdown().await;
        };
        let (_, ()) = tokio::join!(reader.read_to_end(&mut received), write);
        received
    });
    let received = String::from_utf8_lossy(&received.await.expect("the connection ends")).into_owned();
    let replies = received.split("HTTP/1.").skip(1).map(|reply| reply[2..5].parse().expect("a status"));
    replies.filter(|status| *status != 100).collect()
}

pub(crate) async fn expect(rows: Vec<Row>) {
    let mut wrong = Vec::new();
    let gateway = Setup::new().set("server.keep_alive_ms", "2000").start().await;
    // Every user that arrives is registered, even if the name is taken.
    let success = json!({ "code": "0", "message": "Success", "object": "1" });
    gateway.simulator.instruct(Instruction::always(None, Behaviour::Envelope(success)));
    let mut before = 0;
    for Row { sent, statuses: expected, users } in rows {
        let replies = statuses(&gateway, &sent).await;
        let arrived = gateway.simulator.requests().len() - before;
        before += arrived;
        if (replies.as_slice(), arrived) != (expected, users) {
            let sent = String::from_utf8_lossy(&sent[..sent.len().min(600)]).into_owned();
            wrong.push(format!("{replies:?} and {arrived} users instead of {expected:?} and {users} for\n{sent:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert_eq!(gateway.get("/problems").await.status, 200, "other callers are still served");
}
