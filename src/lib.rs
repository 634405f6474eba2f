//! A REST gateway in front of CENTAGATE's `CentagateWS`.
//!
//! CENTAGATE (by `SecureMetric`) expects every admin call as a signed PUT of JSON strings, and answers HTTP 200 with a numeric
//! code in the body. This gateway keeps the admin's secrets, signs and translates each call, and offers its callers plain
//! JSON, HTTP statuses and problem documents.
//!
//! [`startup`] wires everything: it mounts the routes of `api`, which translates requests into [`domain`] values and hands them
//! to the [`centagate`] client. Dependencies point in one direction: `api` to `centagate` to `domain`, and `api` to [`store`],
//! which stores requests with an `Idempotency-Key`. A test enforces this.

mod api;
pub mod audit;
pub mod callers;
mod causes;
pub mod centagate;
mod certificate;
pub mod cli;
mod configuration;
pub mod domain;
mod listener;
mod log_throttle;
#[doc(hidden)]
pub mod measured;
pub mod metrics;
pub mod operations;
mod reload;
pub mod settings;
pub mod startup;
pub mod store;
pub mod telemetry;
#[cfg(test)]
mod test_input;
