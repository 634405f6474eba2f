//! Tests that need more than Rust and a C compiler: Node.js, PHP, a JDK, Chromium, nginx, Redis, kubectl, Prometheus,
//! schemathesis, slowhttptest, bash, curl, jq, less, openssl, and client generators from `PyPI` and npm. One test mounts a disk and needs root.
//!
//! `cargo test --test system` runs them, `cargo test` does not. If a program is missing, the test fails and names the
//! Debian package that contains it.

mod audit_disk;
mod browser;
mod clients;
mod connect;
mod demo;
mod documented_clients;
mod documented_commands;
mod gateway;
mod generated_clients;
mod helm_chart;
mod hostile_peers;
mod idempotency;
mod ingress;
mod kubernetes;
mod kubernetes_topics;
mod linux;
mod manifests;
mod memory_limit;
mod monitoring;
mod own_address;
mod pasted;
mod pictures;
mod printed;
mod program;
mod redis;
mod rehearsal;
mod schemathesis;
mod slow_peers;
mod standard_output;
mod swagger_ui;
mod unprivileged_drain;

#[path = "../api"]
#[expect(dead_code, clippy::unwrap_used, reason = "the API tests use the rest; a test that cannot continue fails")]
mod api {
    pub(crate) mod atomic_file;
    pub(crate) mod audit_file;
    pub(crate) mod caller;
    pub(crate) mod callers;
    pub(crate) mod certificates;
    pub(crate) mod environment;
    pub(crate) mod markdown;
    pub(crate) mod new_connections;
    pub(crate) mod output;
    pub(crate) mod process;
    pub(crate) mod raw;
    pub(crate) mod reply;
    pub(crate) mod secrets_directory;
}
use api::{
    atomic_file, audit_file, caller, callers, certificates, environment, markdown, new_connections, output, process,
    raw, reply, secrets_directory,
};
