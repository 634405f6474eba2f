//! The listeners: sockets, TLS, and the limits of each connection.
//!
//! `server` accepts connections and passes each one to actix-http as a `BoundedStream`. The stream of a connection and the
//! requests on it share a [`Connection`].

pub(crate) mod configuration;
mod connection;
mod expectation;
mod input_window;
mod intake;
mod open_connections;
mod open_files;
mod server;
mod socket;
mod stream;
#[cfg(test)]
mod stream_tests;
mod tls;

pub use configuration::{ManagementSettings, ServerSettings, TlsFiles};
pub(crate) use connection::Connection;
pub(crate) use intake::Intake;
pub(crate) use open_files::{MANAGEMENT_CONNECTIONS, raise_open_files_limit};
pub(crate) use server::{HEAD_TIMEOUT, ListenerOptions, serve};
pub(crate) use socket::Listener;
pub(crate) use tls::ListenerCertificate;
