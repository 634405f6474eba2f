//! The documented memory limits are enough for all connections that the gateway accepts, whatever they do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction, Simulator};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::callers::EVERYTHING;
use crate::environment::Environment;
use crate::process::{GatewayProcess, largest_file, sample};

const DEPLOYMENT: &str = include_str!("../../deploy/kubernetes/base/deployment.yaml");
const OPERATIONS: &str = include_str!("../../docs/operations.md");
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

/// Opens connections that send `request` and read no reply. With a `connector`, they use TLS.
async fn connect(
    address: SocketAddr,
    count: u64,
    request: &str,
    connector: Option<&TlsConnector>,
) -> Vec<Box<dyn AsyncWrite + Unpin>> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        let connection = socket.connect(address).await.expect("a connection");
        let mut connection: Box<dyn AsyncWrite + Unpin> = match connector {
            None => Box::new(connection),
            Some(connector) => {
                let name = ServerName::try_from("localhost").expect("a name");
                Box::new(connector.connect(name, connection).await.expect("a handshake"))
            }
        };
        // The gateway may stop reading before it has received everything.
        let _ = timeout(Duration::from_millis(20), connection.write_all(request.as_bytes())).await;
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

/// The environment with TLS on the callers' listener, and the files that a test has written.
fn with_tls(environment: Environment) -> Environment {
    let path = |name| environment.directory.path().join(name).display().to_string();
    let (certificate, key) = (path("tls.crt"), path("tls.key"));
    environment.set("GATEWAY__SERVER__TLS_CERTIFICATE_FILE", &certificate).set("GATEWAY__SERVER__TLS_KEY_FILE", &key)
}

/// Opens as many connections as the gateway accepts, in each state, and expects that the memory stays below `limit` in bytes.
async fn expect_less(limit: u64, environment: Environment, simulator: &Simulator, connector: Option<&TlsConnector>) {
    let connections = number(DEFAULTS, "max_connections = ");
    let environment =
        environment.set("GATEWAY__SERVER__WORKERS", "2").set("GATEWAY__RATE_LIMIT__REQUESTS_PER_MINUTE", "0");
    let plain = environment.serve().await;
    let large = format!("GET {} HTTP/1.1\r\nHost: g\r\n\r\n", largest_file(plain.address).await);
    let waiting = format!("GET /users/bob HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {EVERYTHING}\r\n\r\n");
    let refused = "GET /users/bob HTTP/1.1\r\nHost: g\r\n\r\n";
    let gateway = match connector {
        None => plain,
        Some(_) => with_tls(environment).serve().await,
    };
    let before = settled_memory(&gateway).await;
    let gate = Gate::new();
    simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    for (state, request) in
        [("idle", ""), ("waiting", &*waiting), ("unread", &large.repeat(20)), ("pipelined", &refused.repeat(4096))]
    {
        // A few connections remain for the requests of this test.
        let open = connect(gateway.address, connections - 20, request, connector).await;
        let resident = settled_memory(&gateway).await;
        println!("{state}: {} KiB per connection", (resident.saturating_sub(before) >> 10) / connections);
        let worst = resident + RECORDS_BYTES + connections * KERNEL_BYTES;
        assert!(worst < limit, "{state}: {} MiB, {} MiB at most", worst >> 20, limit >> 20);
        drop(open);
    }
    gate.open();
}

#[tokio::test]
async fn the_memory_limit_in_the_manifests_is_enough_for_all_connections() {
    let (environment, simulator) = Environment::with_simulator().await;
    let limit = number(DEPLOYMENT, "limits: { memory: ") << 20;
    expect_less(limit, environment, &simulator, None).await;
}

#[tokio::test]
async fn the_documented_memory_limit_with_tls_is_enough_for_all_connections() {
    let (environment, simulator) = Environment::with_simulator().await;
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).expect("a pair");
    environment.write("tls.crt", cert.pem());
    environment.write("tls.key", signing_key.serialize_pem());
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).expect("a root");
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let limit = number(OPERATIONS, "raise the limit to ") << 20;
    expect_less(limit, environment, &simulator, Some(&TlsConnector::from(Arc::new(config)))).await;
}
