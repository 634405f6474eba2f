//! nginx, configured like an ingress controller for the Ingress of the manifests.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, PublicKeyData as _};
use reqwest::Certificate;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::running::{Running, TEST_TIMEOUT};
use crate::manifests::Manifests;
use crate::own_address::own_address;

const TEMPLATE: &str = include_str!("nginx.conf");

/// An nginx that acts as an ingress.
pub(crate) struct Nginx {
    /// The gateway's URL for callers: the manifest's host and path.
    pub(crate) url: String,
    host: String,
    address: SocketAddr,
    authority: Certificate,
    /// The SHA-256 of the server's public key, by which Chromium accepts its certificate.
    pub(crate) key_sha256: String,
    values: BTreeMap<String, String>,
    running: Running,
}

impl Nginx {
    /// Starts nginx in front of `replicas`, as the production overlay's Ingress specifies. Its certificate comes from a
    /// CA that exists only for this test.
    pub(crate) async fn start(replicas: &[SocketAddr]) -> Self {
        Self::start_with(replicas, "proxy_set_header Connection \"\";").await
    }

    /// Starts nginx with a common snippet that sends `Connection: upgrade` with every request.
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
        Self {
            url: format!("https://{host}{path}"),
            host,
            address,
            authority: Certificate::from_pem(authority.pem().as_bytes()).expect("a certificate"),
            key_sha256: BASE64_STANDARD.encode(Sha256::digest(server_key.subject_public_key_info())),
            running: Running::start(directory, &configure(&values, replicas), address).await,
            values,
        }
    }

    /// A client that resolves the host to this nginx and trusts only the test's CA. It keeps no idle connections,
    /// because nginx closes them on a reload, even if a request is on its way.
    pub(crate) fn client(&self) -> reqwest::Client {
        let client = reqwest::Client::builder().no_proxy().timeout(TEST_TIMEOUT).pool_max_idle_per_host(0);
        client.resolve(&self.host, self.address).tls_certs_only([self.authority.clone()]).build().expect("a client")
    }

    /// Chromium options that resolve the host to this nginx and accept its key.
    pub(crate) fn browser_options(&self) -> [String; 2] {
        [
            format!("--host-resolver-rules=MAP {}:443 {}", self.host, self.address),
            format!("--ignore-certificate-errors-spki-list={}", self.key_sha256),
        ]
    }

    /// Switches to other replicas, as an ingress controller does when the endpoints change.
    pub(crate) fn reload(&self, replicas: &[SocketAddr]) {
        self.running.reload(&configure(&self.values, replicas));
    }

    /// One line per request: the replicas that nginx tried, their statuses, and nginx's own status.
    pub(crate) fn access_log(&self) -> Vec<String> {
        self.running.read("access.log").lines().map(str::to_owned).collect()
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
