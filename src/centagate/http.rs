use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error as ThisError;
use url::Url;

use super::Trust;
use super::pool::Pool;
use super::server_certificate::ServerCertificate;

/// How connections to CENTAGATE are made.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The longest time for a connection to stand, TLS included.
    pub connect_timeout: Duration,
    /// An HTTP proxy to go through; proxies of the environment are not used.
    pub proxy_url: Option<SecretString>,
}

impl PartialEq for HttpOptions {
    fn eq(&self, other: &Self) -> bool {
        let proxy = |options: &Self| options.proxy_url.as_ref().map(|url| url.expose_secret().to_owned());
        self.connect_timeout == other.connect_timeout && proxy(self) == proxy(other)
    }
}

/// An HTTP client could not be made from its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum SetupError {
    /// The server's address is not a URL that can be used.
    #[error("the server's URL cannot be used")]
    Server,
    /// The proxy's address is not a URL that can be used.
    #[error("the proxy URL cannot be used")]
    Proxy,
    /// TLS could not be set up.
    #[error("TLS cannot be set up")]
    Tls,
}

/// Connections to one server. How they are opened can be replaced under load, when what they trust or go through has
/// changed: calls under way end on the old connections, and no other call uses those.
#[derive(Clone, Debug)]
pub(super) struct HttpClient {
    base_url: Url,
    current: Arc<ArcSwap<Pool>>,
    certificate: Arc<ServerCertificate>,
    max_spares: usize,
}

impl HttpClient {
    /// Connects to `base_url` and notes the server's `certificate`. Each worker has at most `max_spares` connections that
    /// are opened in advance.
    pub(super) fn new(
        base_url: &Url,
        options: &HttpOptions,
        trust: &Trust,
        certificate: Arc<ServerCertificate>,
        max_spares: usize,
    ) -> Result<Self, SetupError> {
        let pool = Pool::new(base_url, options, trust, &certificate, max_spares)?;
        let current = Arc::new(ArcSwap::from_pointee(pool));
        Ok(Self { base_url: base_url.clone(), current, certificate, max_spares })
    }

    pub(super) fn load(&self) -> Arc<Pool> {
        self.current.load_full()
    }

    pub(super) fn replace(&self, options: &HttpOptions, trust: &Trust) -> Result<(), SetupError> {
        let pool = Pool::new(&self.base_url, options, trust, &self.certificate, self.max_spares)?;
        self.current.store(Arc::new(pool));
        Ok(())
    }

    /// Closes the connections that have been idle too long.
    pub(super) fn close_idle(&self) {
        self.current.load().close_idle();
    }
}
