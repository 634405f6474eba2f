//! The memory limit in the manifests is enough for all connections that the gateway accepts, whatever they do.

use std::net::SocketAddr;
use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Config, Gate, Instruction, Simulator};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

use crate::callers::EVERYTHING;
use crate::process::{Environment, GatewayProcess, largest_file, sample};

const DEPLOYMENT: &str = include_str!("../../deploy/kubernetes/base/deployment.yaml");
const DEFAULTS: &str = include_str!("../../config/base.toml");

/// The maximum that the kernel uses for a connection: a buffer of 2 × 16 KiB per direction (`SOCKET_BUFFER`).
const KERNEL_BYTES: u64 = 64 << 10;

/// The records of idempotency keys if they are stored in memory (`idempotency.max_keys`).
const RECORDS_BYTES: u64 = 64 << 20;

/// The number after `name` in `text`.
fn number(text: &str, name: &str) -> u64 {
    let (_, rest) = text.split_once(name).expect(name);
    let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect(name)
}

/// Opens connections that send `request` and read no reply.
async fn connect(address: SocketAddr, count: u64, request: &str) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let mut connection = socket.connect(address).await.expect("a connection");
        // The gateway may stop reading before it has received everything.
        let _ = tokio::time::timeout(Duration::from_millis(20), connection.write_all(request.as_bytes())).await;
        connections.push(connection);
    }
    connections
}

/// The resident memory after it has stopped growing.
async fn settled_memory(gateway: &GatewayProcess) -> u64 {
    let (mut most, mut since) = (0, Instant::now());
    while since.elapsed() < Duration::from_secs(1) {
        let now = sample(&gateway.manage("/metrics").await.1, "process_resident_memory_bytes");
        if now > most {
            (most, since) = (now, Instant::now());
        }
        sleep(Duration::from_millis(100)).await; // poll interval
    }
    most
}

#[tokio::test]
async fn the_memory_limit_in_the_manifests_is_enough_for_all_connections() {
    let limit = number(DEPLOYMENT, "limits: { memory: ") << 20;
    let connections = number(DEFAULTS, "max_connections = ");
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let environment = Environment::new(&simulator.base_url(), &admin)
        .set("GATEWAY__SERVER__WORKERS", "2")
        .set("GATEWAY__RATE_LIMIT__REQUESTS_PER_MINUTE", "0");
    let gateway = environment.serve().await;
    let large = format!("GET {} HTTP/1.1\r\nHost: g\r\n\r\n", largest_file(gateway.address).await);
    let waiting = format!("GET /users/bob HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {EVERYTHING}\r\n\r\n");
    let before = settled_memory(&gateway).await;
    let gate = Gate::new();
    simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    // A few connections remain for the requests of this test.
    for (state, request) in [("idle", ""), ("waiting", &waiting), ("unread", &large.repeat(20))] {
        let open = connect(gateway.address, connections - 20, request).await;
        let resident = settled_memory(&gateway).await;
        println!("{state}: {} KiB per connection", (resident.saturating_sub(before) >> 10) / connections);
        let worst = resident + RECORDS_BYTES + connections * KERNEL_BYTES;
        assert!(worst < limit, "{state}: {} MiB, {} MiB at most", worst >> 20, limit >> 20);
        drop(open);
    }
    gate.open();
}
