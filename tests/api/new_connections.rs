//! Callers that open a new connection for each request, until the gateway refuses them.

use std::io::ErrorKind;
use std::net::SocketAddr;

use centagate_simulator::Simulator;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::environment::Environment;
use crate::process::TEST_TIMEOUT;
use crate::raw;

const CALLERS: usize = 16;

/// A request that registers a user.
pub(crate) fn registration(name: &str) -> Vec<u8> {
    let email = format!("{name}@example.com");
    let user =
        json!({ "username": name, "firstName": "A", "lastName": "B", "email": email, "group": "Staff", "app": "demo" });
    raw::post("/users", &raw::usual_headers(), user.to_string().as_bytes())
}

/// Registers users, each on a new connection, until the gateway refuses a connection. Returns the number of users.
pub(crate) async fn register_until_refused(address: SocketAddr, caller: usize) -> usize {
    for number in 0.. {
        let mut connection = match TcpStream::connect(address).await {
            Err(refused) if refused.kind() == ErrorKind::ConnectionRefused => return number,
            connected => connected.expect("a connection, or a refusal"),
        };
        connection.write_all(&registration(&format!("u{caller}-{number}"))).await.expect("an open connection");
        let reply = raw::read_reply(&mut connection).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
    unreachable!("numbers do not end")
}

/// Stops a gateway while callers open connections without a pause. Each connection gets its reply.
pub(crate) async fn expect_no_lost_connection(environment: &Environment, simulator: &Simulator) {
    let mut gateway = environment.serve().await;
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(register_until_refused(gateway.address, caller));
    }
    let underway = async {
        while simulator.executions() < CALLERS {
            tokio::task::yield_now().await;
        }
    };
    timeout(TEST_TIMEOUT, underway).await.expect("callers are served");
    gateway.terminate();
    let registered = timeout(TEST_TIMEOUT, callers.join_all()).await.expect("all callers are refused in the end");
    assert!(gateway.end().await.success());
    assert_eq!(registered.iter().sum::<usize>(), simulator.executions(), "each user is registered once");
}
