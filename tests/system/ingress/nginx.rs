//! nginx, set up as an ingress controller sets it up for the Ingress of the manifests.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData as _};
use reqwest::Certificate;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::{Instant, sleep};

use crate::manifests::Manifests;
use crate::own_address::own_address;
use crate::program::Program;

const NGINX: Program = Program { name: "nginx", package: "nginx-light" };
const TEMPLATE: &str = include_str!("nginx.conf");
const PATIENCE: Duration = Duration::from_secs(20);

/// An ingress. Dropping it ends it.
pub(crate) struct Nginx {
    /// Where callers find the gateway: the manifest's host and path.
    pub(crate) url: String,
    host: String,
    address: SocketAddr,
    authority: Certificate,
    /// The SHA-256 of its public key, by which a browser may know it.
    pub(crate) key_sha256: String,
    values: BTreeMap<String, String>,
    directory: TempDir,
    process: Child,
}

impl Nginx {
    /// As the Ingress of the overlay for production says, in front of `replicas`, with a certificate of an authority that
    /// exists for this test alone.
    pub(crate) async fn start(replicas: &[SocketAddr]) -> Self {
        Self::start_with(replicas, "proxy_set_header Connection \"\";").await
    }

    /// The same with the common snippet that passes on offers to upgrade, and makes an offer of every request.
    pub(crate) async fn start_with_upgrades(replicas: &[SocketAddr]) -> Self {
        let snippet = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection \"upgrade\";";
        Self::start_with(replicas, snippet).await
    }

    async fn start_with(replicas: &[SocketAddr], connection: &str) -> Self {
        let manifests = Manifests::of("production").await;
        let ingress = manifests.one("Ingress", "centagate-gateway");
        let rule = &ingress["spec"]["rules"][0];
        let (host, path) = (text(&rule["host"]), text(&rule["http"]["paths"][0]["path"]));
        let directory = tempfile::tempdir().expect("a directory");
        let address = own_address();

        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = || KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key()).expect("an authority");
        let server_key = key();
        let params = CertificateParams::new([host.clone()]).expect("a name");
        let certificate = params.signed_by(&server_key, &authority).expect("a certificate");
        for (file, pem) in [("tls.crt", certificate.pem()), ("tls.key", server_key.serialize_pem())] {
            std::fs::write(directory.path().join(file), pem).expect("a file");
        }

        let annotations = ingress["metadata"]["annotations"].as_object().expect("annotations");
        let mut values: BTreeMap<String, String> = annotations
            .iter()
            .map(|(name, value)| (name.strip_prefix("nginx.org/").expect("nginx's own").to_owned(), text(value)))
            .collect();
        values.insert("directory".into(), directory.path().display().to_string());
        values.insert("listen".into(), address.to_string());
        values.insert("connection".into(), connection.into());
        values.insert("host".into(), host.clone());
        values.insert("path".into(), path.clone());
        let configuration = directory.path().join("nginx.conf");
        std::fs::write(&configuration, configure(&values, replicas)).expect("the configuration");
        let [configuration, log] =
            [configuration, directory.path().join("error.log")].map(|path| path.display().to_string());
        let process = NGINX.start(&["-c", &configuration, "-e", &log], directory.path());
        let nginx = Self {
            url: format!("https://{host}{path}"),
            host,
            address,
            authority: Certificate::from_pem(authority.pem().as_bytes()).expect("a certificate"),
            key_sha256: BASE64_STANDARD.encode(Sha256::digest(server_key.subject_public_key_info())),
            values,
            directory,
            process,
        };
        let started = Instant::now();
        while TcpStream::connect(nginx.address).is_err() {
            assert!(started.elapsed() < PATIENCE, "it does not listen: {}", nginx.read("error.log"));
            sleep(Duration::from_millis(20)).await; // between two looks
        }
        nginx
    }

    /// A client that finds the host here and trusts the authority alone. It has no connection to spare: where nginx is
    /// reloaded, it closes those that are idle, whatever is on its way.
    pub(crate) fn client(&self) -> reqwest::Client {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).pool_max_idle_per_host(0);
        client.resolve(&self.host, self.address).tls_certs_only([self.authority.clone()]).build().expect("a client")
    }

    /// What makes Chromium find the host here, and trust its key.
    pub(crate) fn browser_options(&self) -> [String; 2] {
        [
            format!("--host-resolver-rules=MAP {}:443 {}", self.host, self.address),
            format!("--ignore-certificate-errors-spki-list={}", self.key_sha256),
        ]
    }

    /// Takes other replicas into use, as an ingress controller does when the endpoints have changed.
    pub(crate) fn reload(&self, replicas: &[SocketAddr]) {
        let configuration = self.directory.path().join("nginx.conf");
        std::fs::write(configuration, configure(&self.values, replicas)).expect("the configuration");
        self.signal(Signal::HUP);
    }

    /// For each request so far: which replica it was sent to, or which ones; what these answered; what nginx answered.
    pub(crate) fn access_log(&self) -> Vec<String> {
        self.read("access.log").lines().map(str::to_owned).collect()
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).expect("it runs");
        kill_process(id, signal).expect("a signal");
    }

    fn read(&self, file: &str) -> String {
        let path: PathBuf = self.directory.path().join(file);
        std::fs::read_to_string(path).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        self.signal(Signal::TERM); // its workers would outlive a master that is killed
        let started = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) && started.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10)); // between two looks
        }
    }
}

fn configure(values: &BTreeMap<String, String>, replicas: &[SocketAddr]) -> String {
    let servers = replicas.iter().map(|address| format!("server {address} max_fails=1 fail_timeout=10s;"));
    let mut text = TEMPLATE.replace("@servers@", &servers.collect::<Vec<_>>().join("\n        "));
    for (name, value) in values {
        let place = format!("@{name}@");
        assert!(text.contains(&place), "the template has no place for {name}");
        text = text.replace(&place, value);
    }
    text
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}
