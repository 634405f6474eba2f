//! The memory limit is enough for all connections that the gateway accepts, whatever they do. Without TLS, the limit is that of
//! the manifests. With TLS, it is the one in docs/operations.md.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Config, Gate, Instruction, Simulator};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};

use crate::callers::EVERYTHING;
use crate::certificates::{Authority, client_config};
use crate::environment::Environment;
use crate::process::{GatewayProcess, TEST_TIMEOUT, largest_file, sample};

const DEPLOYMENT: &str = include_str!("../../deploy/kubernetes/base/deployment.yaml");
const OPERATIONS: &str = include_str!("../../docs/operations.md");
const DEFAULTS: &str = include_str!("../../config/base.toml");

/// The maximum that the kernel uses for a connection: a buffer of 2 × 16 KiB per direction (`SOCKET_BUFFER`).
const KERNEL_BYTES: u64 = 64 << 10;

/// The same if the replies are few and small: the buffer for output is almost empty.
const KERNEL_INPUT_BYTES: u64 = KERNEL_BYTES / 2;

/// The records of idempotency keys if they are stored in memory (`idempotency.max_keys`).
const RECORDS_BYTES: u64 = 64 << 20;

/// The number after `name` in `text`.
fn number(text: &str, name: &str) -> u64 {
    let (_, rest) = text.split_once(name).expect(name);
    let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect(name)
}

type Connection = Box<dyn AsyncWrite + Send + Unpin>;

/// Opens a connection that sends `request` and reads nothing.
async fn connect(address: SocketAddr, tls: Option<TlsConnector>, request: Arc<str>) -> Connection {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let connection = socket.connect(address).await.expect("a connection");
    let mut connection: Connection = match tls {
        None => Box::new(connection),
        Some(tls) => {
            let name = ServerName::try_from("localhost").expect("a name");
            Box::new(tls.connect(name, connection).await.expect("a handshake"))
        }
    };
    // The gateway may stop reading before it has received everything.
    let _ = timeout(Duration::from_secs(1), async {
        connection.write_all(request.as_bytes()).await?;
        connection.flush().await
    })
    .await;
    connection
}

/// Opens `count` connections at the same time.
async fn connect_all(address: SocketAddr, tls: Option<&TlsConnector>, count: u64, request: &str) -> Vec<Connection> {
    let request = Arc::from(request);
    let connections: JoinSet<_> = (0..count).map(|_| connect(address, tls.cloned(), Arc::clone(&request))).collect();
    timeout(TEST_TIMEOUT, connections.join_all()).await.expect("all connections")
}

/// The resident memory after it has stopped growing, and the number of open files at that time.
async fn settled(gateway: &GatewayProcess) -> (u64, u64) {
    let (mut most, mut files, mut since) = (0, 0, Instant::now());
    while since.elapsed() < Duration::from_secs(1) {
        let metrics = gateway.manage("/metrics").await.1;
        let now = sample(&metrics, "process_resident_memory_bytes");
        files = sample(&metrics, "process_open_fds");
        if now > most {
            (most, since) = (now, Instant::now());
        }
        sleep(Duration::from_millis(100)).await; // poll interval
    }
    (most, files)
}

/// Configures TLS on the gateway's listener. Returns a client that trusts its certificate.
fn with_tls(environment: Environment) -> (Environment, Option<TlsConnector>) {
    let authority = Authority::new("Company");
    let tls = authority.issue("localhost");
    let certificate = environment.write("tls.crt", &tls.certificate_pem);
    let key = environment.write("tls.key", &tls.key_pem);
    let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("a certificate");
    let client = client_config(root, &[&TLS12, &TLS13]);
    let environment = environment
        .set("GATEWAY__SERVER__TLS_CERTIFICATE_FILE", &certificate)
        .set("GATEWAY__SERVER__TLS_KEY_FILE", &key);
    (environment, Some(TlsConnector::from(Arc::new(client))))
}

/// A request with a body of 16 KiB, the largest for most operations.
fn largest_post() -> String {
    let head = "POST /users HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 16384\r\n";
    format!("{head}Authorization: Bearer {EVERYTHING}\r\n\r\n{{}}{}", " ".repeat(16_382))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_limit_is_enough_for_all_connections() {
    let plain_limit = number(DEPLOYMENT, "limits: { memory: ") << 20;
    let tls_limit = number(OPERATIONS, "in the process: raise the limit to ") << 20;
    let connections = number(DEFAULTS, "max_connections = ");
    let opened = connections - 20; // a few remain for the requests of this test
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let environment = || {
        Environment::new(&simulator.base_url(), &admin)
            .set("GATEWAY__SERVER__WORKERS", "2")
            .set("GATEWAY__RATE_LIMIT__REQUESTS_PER_MINUTE", "0")
    };
    let large = largest_file(environment().serve().await.address).await;
    let large = format!("GET {large} HTTP/1.1\r\nHost: g\r\n\r\n");
    let waiting = format!("GET /users/bob HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {EVERYTHING}\r\n\r\n");
    // With the least KiB per connection that show that the state was reached.
    let states = [
        ("idle", String::new(), KERNEL_BYTES, 5),
        ("waiting", waiting, KERNEL_BYTES, 20),
        ("unread", large.repeat(20), KERNEL_BYTES, 30),
        ("pipelined without end", large.repeat(4000), KERNEL_BYTES, 30),
        ("pipelined bodies", largest_post().repeat(20), KERNEL_INPUT_BYTES, 60),
    ];
    let gate = Gate::new();
    simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    let mut faults = Vec::new();
    for has_tls in [false, true] {
        let (protocol, limit) = if has_tls { ("TLS", tls_limit) } else { ("plain", plain_limit) };
        for (state, request, kernel, least) in &states {
            let (environment, tls) = if has_tls { with_tls(environment()) } else { (environment(), None) };
            let gateway = environment.serve().await;
            let (before, _) = settled(&gateway).await;
            let open = connect_all(gateway.address, tls.as_ref(), opened, request).await;
            let (resident, files) = settled(&gateway).await;
            let cost = (resident.saturating_sub(before) >> 10) / opened;
            println!("{protocol}, {state}: {cost} KiB per connection");
            let worst = resident + RECORDS_BYTES + connections * kernel;
            if worst >= limit || files < opened || cost < *least {
                faults.push(format!(
                    "{protocol}, {state}: {} of {} MiB, {cost} KiB each, {files} files",
                    worst >> 20,
                    limit >> 20
                ));
            }
            drop(open);
        }
    }
    gate.open();
    assert_eq!(faults, [""; 0]);
}
