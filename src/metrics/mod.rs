//! Prometheus metrics of one gateway. Each group of metrics has its own file.
//!
//! Labels have a fixed set of values, and only the first 100 caller names get their own series, so the number of series is
//! bounded. Counters that alerts use are exported as 0 from the start, because Prometheus sees no increase when a series
//! first appears with the value 1.

mod audit;
mod callers;
mod centagate;
mod exposition;
mod idempotency;
mod logs;
mod process;
mod registration;
mod reloads;
mod requests;
mod session;
mod store;
mod validity;

use std::sync::Arc;

use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use self::audit::AuditMetrics;
use self::centagate::CallMetrics;
pub use self::centagate::CodeLabel;
pub use self::exposition::Exposition;
use self::idempotency::IdempotencyMetrics;
pub use self::idempotency::KeyResult;
pub(crate) use self::logs::count_dropped_log_lines;
use self::process::ProcessCollector;
use self::reloads::ReloadMetrics;
use self::requests::RequestMetrics;
use self::session::SessionMetrics;
use self::store::StoreMetrics;
use self::validity::ValidityMetrics;
use crate::centagate::SessionEvents;
use crate::domain::REVISION;

/// All metrics of one gateway.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    pub(crate) requests: RequestMetrics,
    pub(crate) calls: CallMetrics,
    pub(crate) session: Arc<SessionMetrics>,
    pub(crate) audit: AuditMetrics,
    pub(crate) idempotency: IdempotencyMetrics,
    pub(crate) store: StoreMetrics,
    pub(crate) reloads: ReloadMetrics,
    pub(crate) validity: ValidityMetrics,
}

impl Metrics {
    /// Returns the session metrics as the receiver of session events.
    pub fn session_events(&self) -> Arc<dyn SessionEvents> {
        Arc::clone(&self.session) as _
    }

    /// Encodes all metrics in the given format.
    ///
    /// # Errors
    /// Never in practice: writing to a `String` does not fail.
    pub fn encode(&self, exposition: Exposition) -> Result<String, std::fmt::Error> {
        exposition.encode(&self.registry)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ProcessCollector::started_now()));
        let gateway = registry.sub_registry_with_prefix("gateway");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("revision", REVISION)].to_vec());
        gateway.register("build", "Version and revision of the gateway", build);
        logs::register_dropped_lines(gateway);
        Self {
            requests: RequestMetrics::new(gateway),
            calls: CallMetrics::new(gateway),
            session: Arc::new(SessionMetrics::new(gateway)),
            audit: AuditMetrics::new(gateway),
            idempotency: IdempotencyMetrics::new(gateway),
            store: StoreMetrics::new(gateway),
            reloads: ReloadMetrics::new(gateway),
            validity: ValidityMetrics::new(gateway),
            registry,
        }
    }
}
