//! A REST gateway in front of CENTAGATE's `CentagateWS`.
//!
//! CENTAGATE (by `SecureMetric`) takes every admin call as a signed PUT of stringly typed JSON and answers HTTP 200 with a
//! numeric code inside. This gateway keeps the admin's secrets, signs and translates each call, and gives callers clean
//! JSON, proper HTTP statuses and problem documents instead.
//!
//! How a request flows: [`startup`] mounts the routes of `api`; a handler reads the request into a [`domain`] value, hands it
//! to the [`centagate`] client, which signs, sends and decodes, and turns the outcome into a reply. Dependencies point one
//! way: `api` to `centagate` to `domain`, and `api` to [`store`], which remembers requests that carry an `Idempotency-Key`.

mod api;
pub mod audit;
pub mod callers;
mod causes;
pub mod centagate;
mod certificate;
pub mod command;
pub mod domain;
mod listener;
mod listener_tls;
#[doc(hidden)]
pub mod measured;
pub mod metrics;
mod open_files;
pub mod openapi;
mod reload;
pub mod settings;
pub mod startup;
pub mod store;
pub mod telemetry;
#[cfg(test)]
mod test_input;
