//! TLS on the callers' listener.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use centagate_simulator::Simulator;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::SupportedProtocolVersion;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificates::client_config;
use crate::environment::Environment;
use crate::gateway::user;
use crate::process::GatewayProcess;
use crate::raw;
use crate::reply::Reply;

const BROKEN: &str = "gateway_reload_broken{set=\"listener_certificate\"}";
const APPLIED: &str = "gateway_reloads_total{set=\"listener_certificate\",result=\"applied\"}";

/// A fresh certificate for `localhost`, and its files in PEM.
pub(crate) struct Pair {
    certificate: CertificateDer<'static>,
    certificate_pem: String,
    key_pem: String,
}

impl Pair {
    pub(crate) fn fresh() -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { certificate: cert.der().clone(), certificate_pem: cert.pem(), key_pem: signing_key.serialize_pem() }
    }

    pub(crate) fn write(&self, environment: &Environment) {
        environment.write("tls.crt", &self.certificate_pem);
        environment.write("tls.key", &self.key_pem);
    }

    /// Connects with TLS and trusts only this certificate.
    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        self.shake_hands(TcpStream::connect(address).await?, versions, protocols).await
    }

    /// The same on an open connection.
    pub(crate) async fn shake_hands(
        &self,
        connection: TcpStream,
        versions: &[&'static SupportedProtocolVersion],
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut config = client_config(self.certificate.clone(), versions);
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let connected = TlsConnector::from(Arc::new(config)).connect(name, connection);
        timeout(Duration::from_secs(10), connected).await.expect("the handshake ends")
    }
}

async fn serve(pair: &Pair) -> (Environment, Simulator, GatewayProcess) {
    let (environment, simulator) = Environment::with_simulator().await;
    pair.write(&environment);
    let environment = configured(environment).set("GATEWAY__SECRETS__POLL_MS", "50");
    let gateway = environment.serve().await;
    (environment, simulator, gateway)
}

pub(crate) fn configured(environment: Environment) -> Environment {
    let path = |name| environment.directory.path().join(name).display().to_string();
    let (certificate, key) = (path("tls.crt"), path("tls.key"));
    environment.set("GATEWAY__SERVER__TLS_CERTIFICATE_FILE", &certificate).set("GATEWAY__SERVER__TLS_KEY_FILE", &key)
}

async fn create(connection: &mut TlsStream<TcpStream>, name: &str) -> Reply {
    let request = raw::post("/users", &raw::usual_headers(), user(name).to_string().as_bytes());
    connection.write_all(&request).await.unwrap();
    raw::read_reply(connection).await
}

#[tokio::test]
async fn the_listener_supports_tls_1_2_and_1_3_with_http_1_1() {
    let pair = Pair::fresh();
    let (_environment, simulator, gateway) = serve(&pair).await;
    for (number, version) in [&TLS12, &TLS13].into_iter().enumerate() {
        for (protocols, spoken) in
            [(&[][..], None), (&["http/1.1"], Some("http/1.1")), (&["h2", "http/1.1"], Some("http/1.1"))]
        {
            let mut connection = pair.connect(gateway.address, &[version], protocols).await.expect("a handshake");
            let state = connection.get_ref().1;
            assert_eq!(state.protocol_version(), Some(version.version));
            assert_eq!(state.alpn_protocol(), spoken.map(str::as_bytes), "{protocols:?}");
            let name = format!("user-{number}-{}", protocols.len());
            assert_eq!(create(&mut connection, &name).await.status, 201);
        }
    }
    assert_eq!(simulator.requests().len(), 6);
    assert!(
        Pair::fresh().connect(gateway.address, &[&TLS13], &[]).await.is_err(),
        "a client that trusts another certificate refuses the gateway"
    );
}

#[tokio::test]
async fn the_expiry_of_the_certificate_is_exported_as_a_metric() {
    let (_environment, _simulator, gateway) = serve(&Pair::fresh()).await;
    let end = 67_090_118_400; // date --date=4096-01-01T00:00:00Z +%s
    gateway.wait_for_sample("gateway_certificate_expiry_timestamp_seconds{certificate=\"listener\"}", end).await;
}

#[tokio::test]
async fn plain_http_and_invalid_bytes_get_no_reply_and_silent_peers_block_no_caller() {
    let pair = Pair::fresh();
    let (_environment, simulator, gateway) = serve(&pair).await;
    let _silent = TcpStream::connect(gateway.address).await.unwrap();
    let request = raw::post("/users", &raw::usual_headers(), user("plain").to_string().as_bytes());
    for sent in [&request[..], b"GET /problems HTTP/1.1\r\nHost: g\r\n\r\n", &[0; 64], b"\x16\x03\x01\xff\xff"] {
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all(sent).await.unwrap();
        connection.shutdown().await.unwrap();
        let mut received = Vec::new();
        let _ =
            timeout(Duration::from_secs(10), connection.read_to_end(&mut received)).await.expect("the connection ends");
        assert!(!String::from_utf8_lossy(&received).contains("HTTP"), "{received:?}");
    }
    assert!(simulator.requests().is_empty());
    let mut connection = pair.connect(gateway.address, &[&TLS13], &[]).await.expect("other callers are served");
    assert_eq!(create(&mut connection, "alice").await.status, 201);
}

#[tokio::test]
async fn a_new_certificate_is_used_for_new_handshakes_and_open_connections_stay_open() {
    let (old, new) = (Pair::fresh(), Pair::fresh());
    let (environment, _simulator, gateway) = serve(&old).await;
    let mut standing = old.connect(gateway.address, &[&TLS13], &[]).await.expect("a handshake");
    assert_eq!(create(&mut standing, "one").await.status, 201);
    new.write(&environment);
    gateway.wait_for_sample(APPLIED, 1).await;
    let mut fresh = new.connect(gateway.address, &[&TLS13], &[]).await.expect("the new certificate");
    assert!(old.connect(gateway.address, &[&TLS13], &[]).await.is_err(), "the old certificate is no longer presented");
    assert_eq!(create(&mut fresh, "two").await.status, 201);
    assert_eq!(create(&mut standing, "three").await.status, 201, "an open connection still works");
}

#[tokio::test]
async fn an_unusable_certificate_pair_leaves_the_old_one_in_use_and_sets_a_metric() {
    let (pair, other) = (Pair::fresh(), Pair::fresh());
    let (environment, _simulator, gateway) = serve(&pair).await;
    let mut refused = 0;
    for (file, content) in
        [("tls.key", &*other.key_pem), ("tls.key", ""), ("tls.crt", "no PEM"), ("tls.crt", &other.key_pem)]
    {
        environment.write(file, content);
        gateway.wait_for_sample(BROKEN, 1).await;
        refused += 1;
        let label = APPLIED.replace("applied", "refused");
        gateway.wait_for_sample(&label, refused).await;
        pair.connect(gateway.address, &[&TLS13], &[]).await.expect("the old certificate");
        let complaint = gateway.wait_for_line(|line| line.contains("listener_certificate")).await;
        assert!(!complaint.contains("PRIVATE KEY"), "{complaint}");
        pair.write(&environment);
        gateway.wait_for_sample(BROKEN, 0).await;
    }
    std::fs::remove_file(environment.directory.path().join("tls.crt")).unwrap();
    gateway.wait_for_sample(BROKEN, 1).await;
    pair.connect(gateway.address, &[&TLS13], &[]).await.expect("the old certificate");
    other.write(&environment);
    gateway.wait_for_sample(BROKEN, 0).await;
    other.connect(gateway.address, &[&TLS13], &[]).await.expect("the new certificate");
}

#[test]
fn a_missing_or_mismatched_certificate_or_key_is_a_fault_of_the_configuration() {
    let (pair, other) = (Pair::fresh(), Pair::fresh());
    for (without, missing) in
        [("TLS_KEY_FILE", "server.tls_key_file"), ("TLS_CERTIFICATE_FILE", "server.tls_certificate_file")]
    {
        let environment = Environment::without_centagate();
        pair.write(&environment);
        let environment = configured(environment).unset(&format!("GATEWAY__SERVER__{without}"));
        for command in ["check-config", "serve"] {
            let run = environment.run(&[command]);
            assert_eq!((run.status, run.stderr.lines().count()), (Some(78), 1), "{command}: {run:?}");
            assert!(run.stderr.contains(missing), "{command}: {run:?}");
        }
    }
    for (certificate, key, named) in [
        (&*pair.certificate_pem, &*other.key_pem, "tls.key"),
        (&pair.certificate_pem, "", "tls.key"),
        ("pl4nted", &pair.key_pem, "tls.crt"),
        (&pair.key_pem, &pair.key_pem, "tls.crt"),
    ] {
        let environment = configured(Environment::without_centagate());
        environment.write("tls.crt", certificate);
        environment.write("tls.key", key);
        for command in ["serve", "check-config"] {
            let run = environment.run(&[command]);
            assert_eq!((run.status, run.stderr.lines().count()), (Some(78), 1), "{command} {named}: {run:?}");
            assert!(run.stderr.contains(named) && !run.stderr.contains("pl4nted"), "{command}: {run:?}");
        }
    }
}
