//! TLS with a configured certificate.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;

use centagate_simulator::{Admin, Behaviour, Config, Instruction, Simulator, Tls, TlsVersion};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::bench::{Bench, CREATE_USER};
use crate::client::{TEST_TIMEOUT, answer_to, exchange_over};

/// A simulator with a self-signed certificate for `localhost`, and a root store that trusts the certificate.
async fn start(change: impl FnOnce(&mut Tls)) -> (Bench, RootCertStore) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let mut tls = Tls::new(cert.pem(), signing_key.serialize_pem());
    change(&mut tls);
    let admin = Admin::with_fresh_session("admin");
    let mut config = Config::new(admin.clone());
    config.tls = Some(tls);
    let simulator = Simulator::start(config).await.unwrap();
    (Bench { simulator, admin }, roots)
}

async fn connect(
    address: SocketAddr,
    roots: RootCertStore,
    versions: &[&'static SupportedProtocolVersion],
) -> std::io::Result<TlsStream<TcpStream>> {
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = TcpStream::connect(address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, connection);
    timeout(TEST_TIMEOUT, handshake).await.expect("the handshake ends within TEST_TIMEOUT")
}

#[tokio::test]
async fn the_simulator_answers_over_tls() {
    let (bench, roots) = start(|_| ()).await;
    let address = bench.simulator.address();
    assert_eq!(bench.simulator.base_url(), format!("https://{address}"));
    let connection = connect(address, roots, &[&TLS13, &TLS12]).await.unwrap();
    let body = bench.registration("bob").to_string();
    let reply = exchange_over(connection, address, "PUT", CREATE_USER, &[], body.as_bytes()).await;
    assert_eq!(answer_to(reply).code(), "0");
}

#[tokio::test]
async fn the_simulator_uses_the_configured_tls_version() {
    for (chosen, spoken, other) in
        [(TlsVersion::V1_2, ProtocolVersion::TLSv1_2, &TLS13), (TlsVersion::V1_3, ProtocolVersion::TLSv1_3, &TLS12)]
    {
        let (bench, roots) = start(|tls| tls.version = Some(chosen)).await;
        let address = bench.simulator.address();
        let connection = connect(address, roots.clone(), &[&TLS13, &TLS12]).await.unwrap();
        assert_eq!(connection.get_ref().1.protocol_version(), Some(spoken));
        assert!(connect(address, roots, &[other]).await.is_err());
    }
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_certificate_refuses_it() {
    let (bench, _) = start(|_| ()).await;
    let (_, roots) = start(|_| ()).await;
    assert!(connect(bench.simulator.address(), roots, &[&TLS13]).await.is_err());
    assert!(bench.simulator.requests().is_empty());
}

#[tokio::test]
async fn cipher_suites_that_do_not_match_the_certificate_leave_no_common_cipher() {
    let (bench, roots) = start(|tls| {
        tls.version = Some(TlsVersion::V1_2);
        tls.cipher_suites = vec!["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned()];
    })
    .await;
    let error = connect(bench.simulator.address(), roots, &[&TLS13, &TLS12]).await.unwrap_err();
    assert!(error.to_string().contains("HandshakeFailure"), "{error}");
}

#[tokio::test]
async fn a_cut_ends_the_tls_connection_without_a_byte_or_close_notify() {
    let (bench, roots) = start(|_| ()).await;
    let address = bench.simulator.address();
    bench.simulator.instruct(Instruction::once(None, Behaviour::CutBeforeReply));
    let connection = connect(address, roots, &[&TLS13]).await.unwrap();
    let body = bench.registration("bob").to_string();
    let reply = exchange_over(connection, address, "PUT", CREATE_USER, &[], body.as_bytes()).await;
    assert_eq!(reply.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    assert!(bench.simulator.user("bob").is_some());
}

#[tokio::test]
async fn an_invalid_certificate_key_or_cipher_suite_prevents_the_start() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let [cert, key] = [cert.pem(), signing_key.serialize_pem()];
    let mut no_suite = Tls::new(cert.clone(), key.clone());
    no_suite.cipher_suites = vec!["NONE".to_owned()];
    for tls in [no_suite, Tls::new("", key.clone()), Tls::new(cert.clone(), ""), Tls::new(key.clone(), cert)] {
        let mut config = Config::new(Admin::with_fresh_session("admin"));
        assert!(!format!("{tls:?}").contains(&key));
        config.tls = Some(tls);
        let error = Simulator::start(config).await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}
