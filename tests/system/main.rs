//! Tests that need programs beside Rust and a C compiler: Node.js, PHP, a JDK, Chromium, nginx, kubectl, Prometheus,
//! schemathesis and slowhttptest; and some that mount a disk, which root alone may.
//!
//! `cargo test --test system` runs them, `cargo test` does not. A program that is absent is a failure that names the
//! Debian package that brings it.

mod audit_disk;
mod browser;
mod demo;
mod gateway;
mod gateway_process;
mod ingress;
mod kubernetes;
mod manifests;
mod monitoring;
mod printed;
mod program;
mod sample;
mod samples;
mod schemathesis;
mod slow_peers;
mod swagger_ui;
