//! The HTTP client: a pool of connections that can be replaced under load.

use std::sync::Arc;

use arc_swap::ArcSwap;
use url::Url;

use super::options::{HttpOptions, SetupError};
use super::pool::Pool;
use super::server_certificate::ServerCertificate;
use super::trust::Trust;

/// The connections to one server. They can be replaced under load, for example after a change of the trusted
/// certificates or the proxy. Running calls finish on the old connections, and new calls open new ones.
#[derive(Clone, Debug)]
pub(in crate::centagate) struct HttpClient {
    base_url: Url,
    current: Arc<ArcSwap<Pool>>,
    certificate: Arc<ServerCertificate>,
    max_spares: usize,
}

impl HttpClient {
    /// Creates a client for `base_url` that records the server's `certificate`. Each worker opens at most `max_spares`
    /// connections in advance.
    pub(in crate::centagate) fn new(
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

    /// The current pool.
    pub(in crate::centagate) fn load(&self) -> Arc<Pool> {
        self.current.load_full()
    }

    /// Replaces the pool.
    ///
    /// # Errors
    /// If TLS or the proxy cannot be set up; the old pool then stays.
    pub(in crate::centagate) fn replace(&self, options: &HttpOptions, trust: &Trust) -> Result<(), SetupError> {
        let pool = Pool::new(&self.base_url, options, trust, &self.certificate, self.max_spares)?;
        self.current.store(Arc::new(pool));
        Ok(())
    }

    /// Closes connections that have been idle for too long.
    pub(in crate::centagate) fn close_idle(&self) {
        self.current.load().close_idle();
    }
}
