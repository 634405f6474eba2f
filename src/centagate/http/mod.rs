//! HTTP connections to CENTAGATE, behind one `send`. No other module uses hyper.

mod client;
mod connection;
#[cfg(test)]
mod connection_tests;
mod connector;
mod content_coding;
mod options;
mod pinned_verifier;
mod pool;
mod request;
mod server_certificate;
mod stream;
mod transport;
mod trust;

pub(super) use client::HttpClient;
pub use options::{HttpOptions, SetupError};
pub use request::ConnectionKind;
pub(super) use request::UpstreamRequest;
pub(super) use server_certificate::ServerCertificate;
pub(super) use transport::{Reply, Times, connect, send};
pub use trust::{Trust, TrustFault};
