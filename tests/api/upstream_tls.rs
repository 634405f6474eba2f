//! TLS to CENTAGATE: trusted servers, and the log's advice for others. The fault matrix covers expired certificates,
//! wrong hosts and unknown CAs.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use centagate_simulator::{Admin, Behaviour, Config, Instruction, Operation, Simulator, Tls, TlsVersion};
use futures_util::future::join_all;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use crate::caller::Caller;
use crate::certificates::{Authority, self_signed, self_signed_ca, self_signed_v1};
use crate::environment::Environment;
use crate::login_bench::LoginBench;
use crate::process::{GatewayProcess, json};

/// What the gateway trusts.
enum Trust {
    PublicCas,
    /// The system's CAs, including this one.
    SystemCas(String),
    Ca(String),
    Pin(String),
}

impl Trust {
    fn configure(self, environment: Environment) -> Environment {
        match self {
            Self::PublicCas => environment,
            Self::SystemCas(pem) => {
                let file = environment.write("system.pem", pem);
                environment.set("SSL_CERT_FILE", &file)
            }
            Self::Ca(pem) => {
                let file = environment.write("ca.pem", pem);
                environment.set("GATEWAY__CENTAGATE__CA_CERTIFICATE_FILE", &file)
            }
            Self::Pin(pem) => {
                let file = environment.write("pinned.pem", pem);
                environment.set("GATEWAY__CENTAGATE__PINNED_CERTIFICATE_FILE", &file)
            }
        }
    }
}

/// Starts a gateway with a configured session in front of a CENTAGATE at `https://localhost`.
async fn start(tls: Tls, trust: Trust) -> (GatewayProcess, Caller, Simulator, Environment) {
    let admin = Admin::with_fresh_session("admin");
    let mut config = Config::new(admin.clone());
    config.tls = Some(tls);
    let simulator = Simulator::start(config).await.unwrap();
    let base_url = format!("https://localhost:{}", simulator.address().port());
    let environment = trust.configure(Environment::new(&base_url, &admin));
    let gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    (gateway, caller, simulator, environment)
}

async fn expect_trusted(what: &str, tls: Tls, trust: Trust) {
    let (_gateway, caller, simulator, _environment) = start(tls, trust).await;
    for username in ["alice", "bob"] {
        let reply = caller.create_user(username).await;
        assert_eq!(reply.status, 201, "{what}: {}", reply.text());
    }
    assert_eq!(simulator.executions(), 2, "{what}");
}

/// Checks that the caller gets 503, that the log has one line with the fix, and that the server gets nothing.
async fn expect_reported(what: &str, gateway: &GatewayProcess, caller: &Caller, fix: &str) {
    let lines_before = gateway.lines().len();
    for username in ["one", "two"] {
        let reply = caller.create_user(username).await;
        let problem = reply.problem("centagate_unavailable");
        assert_eq!((reply.status, &problem["outcome"]), (503, &Value::from("notExecuted")), "{what}");
        let line = gateway.wait_for_request(username).await;
        let fault = line["upstream_fault"].as_str().expect("upstream_fault");
        assert_eq!(fault.matches(fix).count(), 1, "{what}: {fix} in {fault}");
        assert!(!fault.contains("https://"), "{what}: {fault}");
    }
    let lines = gateway.lines().split_off(lines_before);
    assert_eq!(lines.len(), 2, "{what}: one line per request: {lines:?}");
}

async fn expect_refused(what: &str, tls: Tls, trust: Trust, fix: &str) {
    let (gateway, caller, simulator, _environment) = start(tls, trust).await;
    expect_reported(what, &gateway, &caller, fix).await;
    assert!(simulator.requests().is_empty(), "{what}: CENTAGATE received nothing");
    let (status, reasons) = caller.readiness().await;
    assert_eq!((status, reasons.contains(fix)), (503, true), "{what}: the gateway has never worked: {reasons}");
}

/// The expiry of CENTAGATE's certificate, from `date --date=2049-01-01T00:00:00Z +%s` and the like.
const BEGINNING_OF_2049: u64 = 2_493_072_000;
const BEGINNING_OF_2050: u64 = 2_524_608_000;

#[tokio::test]
async fn the_expiry_of_the_certificate_is_exported_for_every_kind_of_trust() {
    let ca = Authority::new("CA");
    // From 2050, certificates encode the year differently.
    for (year, end) in [(2049, BEGINNING_OF_2049), (2050, BEGINNING_OF_2050)] {
        let tls = ca.issue_until("localhost", year);
        for (what, trust) in [
            ("a CA", Trust::Ca(ca.pem())),
            ("a pin", Trust::Pin(tls.certificate_pem.clone())),
            ("the system's CAs", Trust::SystemCas(ca.pem())),
        ] {
            let (gateway, caller, _simulator, _environment) = start(tls.clone(), trust).await;
            assert!(
                !gateway.manage("/metrics").await.1.contains("certificate_expiry"),
                "{what}: no certificate seen yet"
            );
            assert_eq!(caller.create_user("alice").await.status, 201, "{what}");
            let reported =
                caller.metric("gateway_certificate_expiry_timestamp_seconds{certificate=\"centagate\"}").await;
            assert_eq!(reported, end, "{what}");
        }
    }
    let (gateway, caller, _simulator, _environment) = start(ca.issue_expired("localhost"), Trust::Ca(ca.pem())).await;
    caller.create_user("alice").await.problem("centagate_unavailable");
    assert!(
        !gateway.manage("/metrics").await.1.contains("certificate_expiry"),
        "a refused certificate is not reported"
    );
}

const CA_UNKNOWN: &str = "set centagate.ca_certificate_file to the CA's certificate";
const CA_AS_LEAF: &str = "put it into centagate.pinned_certificate_file";
const VERSION_1: &str = "the certificate has X.509 version 1 or 2";
const NOT_THE_PIN: &str = "the certificate is not the pinned one";
const NO_CIPHER: &str = "no TLS version or cipher in common";

#[tokio::test]
async fn a_private_ca_is_trusted_only_if_it_is_configured() {
    let (ca, other) = (Authority::new("CA"), Authority::new("Other CA"));
    expect_trusted("its CA", ca.issue("localhost"), Trust::Ca(ca.pem())).await;
    expect_trusted("one of two CAs", ca.issue("localhost"), Trust::Ca(other.pem() + &ca.pem())).await;
    expect_refused("public CAs", ca.issue("localhost"), Trust::PublicCas, CA_UNKNOWN).await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_trusted_only_if_it_is_pinned() {
    let pin = |tls: &Tls| Trust::Pin(tls.certificate_pem.clone());
    for (what, tls) in [
        ("plain", self_signed("localhost")),
        ("with CA:TRUE", self_signed_ca("localhost")),
        ("for another host", self_signed("elsewhere.example")),
        ("with CA:TRUE for another host", self_signed_ca("elsewhere.example")),
        ("expired", Authority::new("CA").issue_expired("localhost")),
    ] {
        expect_trusted(what, tls.clone(), pin(&tls)).await;
    }
    let tls = self_signed("localhost");
    expect_refused("another pin", tls.clone(), pin(&self_signed("localhost")), NOT_THE_PIN).await;
    expect_refused("no pin", tls, Trust::PublicCas, CA_UNKNOWN).await;
    let tls = self_signed_ca("localhost");
    let ca = Trust::Ca(tls.certificate_pem.clone());
    expect_refused("a CA's certificate as the server's own", tls.clone(), ca, CA_AS_LEAF).await;
    // A pinned CA certificate does not make the certificates that it issued trusted.
    let ca = Authority::new("CA");
    expect_refused("the CA pinned", ca.issue("localhost"), Trust::Pin(ca.pem()), NOT_THE_PIN).await;
}

#[tokio::test]
async fn an_x_509_version_1_certificate_works_if_it_is_pinned_and_is_otherwise_refused_with_the_fix() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let tls = Tls { version: Some(version), ..self_signed_v1("localhost") };
        let pin = Trust::Pin(tls.certificate_pem.clone());
        expect_trusted(&format!("{version:?} with a version 1 pin"), tls, pin).await;
    }
    let (tls, other) = (self_signed_v1("localhost"), self_signed_v1("localhost"));
    expect_refused("another pin", tls.clone(), Trust::Pin(other.certificate_pem.clone()), NOT_THE_PIN).await;
    expect_refused("public CAs", tls.clone(), Trust::PublicCas, VERSION_1).await;
    expect_refused("as a CA", tls.clone(), Trust::Ca(tls.certificate_pem), VERSION_1).await;
}

#[tokio::test]
async fn tls_1_2_and_1_3_work_and_a_missing_common_cipher_is_reported() {
    let ca = Authority::new("CA");
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let tls = Tls { version: Some(version), ..ca.issue("localhost") };
        expect_trusted(&format!("{version:?} with a CA"), tls, Trust::Ca(ca.pem())).await;
        let tls = Tls { version: Some(version), ..self_signed_ca("localhost") };
        let pin = Trust::Pin(tls.certificate_pem.clone());
        expect_trusted(&format!("{version:?} with a pin"), tls, pin).await;
    }
    let cipher_suites = vec!["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256".to_owned()];
    let tls = Tls { version: Some(TlsVersion::V1_2), cipher_suites, ..ca.issue("localhost") };
    expect_refused("no common cipher", tls.clone(), Trust::Ca(ca.pem()), NO_CIPHER).await;
    expect_refused("no common cipher", tls, Trust::PublicCas, NO_CIPHER).await;
}

/// Presents `certificate` without having its key.
fn impostor(certificate: &Tls) -> u16 {
    let stolen = CertificateDer::from_pem_slice(certificate.certificate_pem.as_bytes()).unwrap();
    let own = PrivateKeyDer::from_pem_slice(self_signed("localhost").key_pem.as_bytes()).unwrap();
    let key = aws_lc_rs::sign::any_supported_type(&own).unwrap();
    let resolver = SingleCertAndKey::from(CertifiedKey::new(vec![stolen], key));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        while let Ok((connection, _)) = listener.accept() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut request = String::new();
            // The client closes the connection before it has sent a byte of its request.
            let _ = std::io::Read::read_to_string(&mut StreamOwned::new(tls, connection), &mut request);
            assert_eq!(request, "");
        }
    });
    port
}

#[tokio::test]
async fn a_server_with_the_pinned_certificate_but_without_its_key_is_refused() {
    for tls in [self_signed("localhost"), self_signed_v1("localhost")] {
        let admin = Admin::with_fresh_session("admin");
        let environment = Environment::new(&format!("https://localhost:{}", impostor(&tls)), &admin);
        let environment = Trust::Pin(tls.certificate_pem).configure(environment);
        let gateway = environment.serve().await;
        let caller = Caller::of(&gateway);
        expect_reported("an impostor", &gateway, &caller, "BadSignature").await;
    }
}

#[tokio::test]
async fn a_failed_tls_login_is_reported_with_the_fix() {
    let ca = Authority::new("CA");
    let bench = LoginBench::with("admin", |config| config.tls = Some(ca.issue("127.0.0.1"))).await;
    let gateway = bench.environment.serve().await;
    let line = gateway.wait_for_line(|line| line.contains("the login to CENTAGATE failed")).await;
    assert!(json(&line)["cause"].as_str().unwrap().contains(CA_UNKNOWN), "{line}");
    let readiness = Caller::of(&gateway).readiness().await;
    assert!(readiness.0 == 503 && readiness.1.contains(CA_UNKNOWN), "{readiness:?}");
    drop(gateway);
    let mut bench = bench;
    bench.environment = Trust::Ca(ca.pem()).configure(bench.environment);
    let gateway = bench.serve_logged_in().await;
    assert_eq!(Caller::of(&gateway).create_user("alice").await.status, 201);
}

#[tokio::test]
async fn neither_requests_nor_logins_follow_a_redirect_to_plain_http() {
    let plain = Simulator::start(Config::new(Admin::with_fresh_session("admin"))).await.unwrap();
    let location = &plain.base_url();
    // All cases run at once, because each waits for its second login.
    let redirected = [301, 302, 303, 307, 308].map(|status| async move {
        let ca = Authority::new("CA");
        let mut bench = LoginBench::with("admin", |config| config.tls = Some(ca.issue("127.0.0.1"))).await;
        bench.environment = Trust::Ca(ca.pem()).configure(bench.environment);
        for operation in [Operation::CreateUser, Operation::LogIn] {
            let headers = vec![("location".to_owned(), format!("{location}/"))];
            let behaviour = Behaviour::Reply { status, content_type: None, headers, body: Vec::new() };
            bench.simulator.instruct(Instruction::once(operation, behaviour));
        }
        let gateway = bench.serve_logged_in().await;
        let line = gateway.wait_for_line(|line| line.contains("the login to CENTAGATE failed")).await;
        assert!(line.contains(&format!("HTTP status {status}")), "{line}");
        let reply = Caller::of(&gateway).create_user("alice").await;
        assert_eq!(reply.problem("centagate_unexpected")["outcome"], "unknown");
    });
    join_all(redirected).await;
    assert!(plain.requests().is_empty());
}
