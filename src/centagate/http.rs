use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use reqwest::Proxy;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error as ThisError;

use super::Trust;
use super::server_certificate::ServerCertificate;

/// Shorter than any server's keep-alive that is worth having: a connection that the server has just closed would make
/// the outcome of the next request unknown.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// How connections to CENTAGATE are made.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The longest time for a connection to stand, TLS included.
    pub connect_timeout: Duration,
    /// Whether plain http is refused, whatever a URL says.
    pub https_only: bool,
    /// An HTTP proxy to go through; proxies of the environment are not used.
    pub proxy_url: Option<SecretString>,
}

impl PartialEq for HttpOptions {
    fn eq(&self, other: &Self) -> bool {
        let proxy = |options: &Self| options.proxy_url.as_ref().map(|url| url.expose_secret().to_owned());
        (self.connect_timeout, self.https_only) == (other.connect_timeout, other.https_only)
            && proxy(self) == proxy(other)
    }
}

/// An HTTP client could not be made from its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum SetupError {
    /// The proxy's address is not a URL that can be used.
    #[error("the proxy URL cannot be used")]
    Proxy,
    /// TLS could not be set up.
    #[error("TLS cannot be set up")]
    Tls,
}

/// A pool of connections that follows no redirect and resends nothing. It can be replaced under load, when what it goes
/// through or trusts has changed; requests under way end on the old one.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    current: Arc<ArcSwap<reqwest::Client>>,
    certificate: Arc<ServerCertificate>,
}

impl HttpClient {
    /// A pool that notes the server's `certificate`.
    pub(super) fn new(
        options: &HttpOptions,
        trust: &Trust,
        certificate: Arc<ServerCertificate>,
    ) -> Result<Self, SetupError> {
        let current = Arc::new(ArcSwap::from_pointee(build(options, trust, &certificate)?));
        Ok(Self { current, certificate })
    }

    pub(super) fn load(&self) -> reqwest::Client {
        reqwest::Client::clone(&self.current.load())
    }

    pub(super) fn replace(&self, options: &HttpOptions, trust: &Trust) -> Result<(), SetupError> {
        self.current.store(Arc::new(build(options, trust, &self.certificate)?));
        Ok(())
    }
}

fn build(
    options: &HttpOptions,
    trust: &Trust,
    certificate: &Arc<ServerCertificate>,
) -> Result<reqwest::Client, SetupError> {
    let tls = trust.client_config(certificate).map_err(|_| SetupError::Tls)?;
    let mut http = reqwest::Client::builder()
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(POOL_IDLE_TIMEOUT)
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .https_only(options.https_only)
        .user_agent(concat!("centagate-gateway/", env!("CARGO_PKG_VERSION")))
        .tls_backend_preconfigured(tls)
        .no_proxy();
    if let Some(proxy_url) = &options.proxy_url {
        http = http.proxy(Proxy::all(proxy_url.expose_secret()).map_err(|_| SetupError::Proxy)?);
    }
    http.build().map_err(|_| SetupError::Tls)
}
