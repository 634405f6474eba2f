//! Ten thousand randomly mutated requests do no harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::environment::Environment;
use crate::gateway::user;
use crate::mutation::mutated;
use crate::process::{GatewayProcess, sample};
use crate::random::Random;
use crate::raw;

const REQUESTS: u64 = 10_000;
/// Concurrent connections.
const SENDERS: usize = 32;
const SEED: u64 = 20_260_131;

/// Sends the request with this number in a few pieces. Returns the request and everything received until the gateway
/// closes the connection.
async fn send(gateway: std::net::SocketAddr, number: u64) -> (Vec<u8>, Vec<u8>) {
    let mut random = Random::seeded(SEED.wrapping_mul(number + 1));
    let request = mutated(&mut random);
    let mut connection = TcpStream::connect(gateway).await.expect("a connection");
    connection.set_nodelay(true).unwrap();
    let (mut reader, mut writer) = connection.split();
    let mut received = Vec::new();
    let write = async {
        let mut rest = &request[..];
        while !rest.is_empty() {
            let length = if random.below(2) == 0 { rest.len() } else { 1 + random.below(rest.len()) };
            // The gateway may have closed the connection.
            if writer.write_all(&rest[..length]).await.is_err() {
                return;
            }
            rest = &rest[length..];
            tokio::task::yield_now().await;
        }
        let _ = writer.shutdown().await;
    };
    let exchange = async { tokio::join!(reader.read_to_end(&mut received), write) };
    let ended = timeout(Duration::from_secs(30), exchange).await;
    assert!(ended.is_ok(), "{number} stays open: {}", request.escape_ascii());
    (request, received)
}

async fn create(gateway: &GatewayProcess, name: &str) {
    let request = raw::post("/users", &raw::usual_headers(), user(name).to_string().as_bytes());
    assert_eq!(raw::exchange(gateway.address, &request).await.status, 201);
}

async fn open_files(gateway: &GatewayProcess) -> u64 {
    sample(&gateway.manage("/metrics").await.1, "process_open_fds")
}

#[tokio::test]
async fn ten_thousand_mutated_requests_cause_no_panic_no_500_and_no_open_connection() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    create(&gateway, "first").await; // opens the files and connections that stay open
    let before = open_files(&gateway).await;
    let (next, address) = (Arc::new(AtomicU64::new(0)), gateway.address);
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        let next = Arc::clone(&next);
        senders.spawn(async move {
            let mut answered = 0;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= REQUESTS {
                    return answered;
                }
                let (request, received) = send(address, number).await;
                let text = String::from_utf8_lossy(&received);
                let failed = ["HTTP/1.1 5", "HTTP/1.0 5"].iter().any(|status| text.contains(status));
                assert!(!failed, "{number}: {} gets {text}", request.escape_ascii());
                answered += u64::from(!received.is_empty());
            }
        });
    }
    let mut answered = 0;
    while let Some(sender) = senders.join_next().await {
        answered += sender.expect("a task that does not panic");
    }
    assert!(answered > REQUESTS / 2, "only {answered} were answered at all");
    let (_, metrics) = gateway.manage("/metrics").await;
    assert_eq!(sample(&metrics, "gateway_panics_total"), 0, "{metrics}");
    assert!(!metrics.contains("status=\"5"), "{metrics}");
    let reached = simulator.requests().len();
    assert!((100..9000).contains(&reached), "{reached} reached CENTAGATE");

    create(&gateway, "last").await;
    let closed = timeout(Duration::from_secs(20), async {
        while open_files(&gateway).await > before {
            tokio::time::sleep(Duration::from_millis(50)).await; // poll interval
        }
    });
    assert!(closed.await.is_ok(), "{} files are open, {before} before", open_files(&gateway).await);
    assert_eq!(gateway.stderr_lines(), [""; 0]);
}
