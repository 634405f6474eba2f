//! Options of the HTTP client, and why it could not be set up.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error as ThisError;

/// How to connect to CENTAGATE.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The maximum time to open a connection, including TLS.
    pub connect_timeout: Duration,
    /// The HTTP proxy, if any. Proxy variables of the environment are ignored.
    pub proxy_url: Option<SecretString>,
}

impl PartialEq for HttpOptions {
    fn eq(&self, other: &Self) -> bool {
        let proxy = |options: &Self| options.proxy_url.as_ref().map(|url| url.expose_secret().to_owned());
        self.connect_timeout == other.connect_timeout && proxy(self) == proxy(other)
    }
}

/// Why the HTTP client could not be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum SetupError {
    /// The server's URL cannot be used.
    #[error("the server's URL cannot be used")]
    Server,
    /// The proxy's URL cannot be used.
    #[error("the proxy URL cannot be used")]
    Proxy,
    /// TLS could not be set up.
    #[error("TLS cannot be set up")]
    Tls,
}
