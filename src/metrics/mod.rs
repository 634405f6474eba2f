//! The numbers behind `/metrics`, a file for each part of their names: `gateway_http_…` in `requests`,
//! `gateway_centagate_…` in `centagate`, and so on.
//!
//! Every label comes from a fixed set, and the names of callers are counted up to a bound, so the number of series is
//! bounded by construction. Counters that alerts look at stand at 0 from the start: what first appears as 1 is no
//! increase to Prometheus.

mod audit;
mod callers;
mod centagate;
mod exposition;
mod idempotency;
mod lifetimes;
mod logs;
mod process;
mod reloads;
mod requests;
mod session;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};

use self::audit::AuditTrail;
use self::centagate::Calls;
pub use self::centagate::CodeLabel;
pub use self::exposition::Exposition;
use self::idempotency::Idempotency;
pub use self::idempotency::KeyResult;
use self::lifetimes::Lifetimes;
pub(crate) use self::logs::log_lines_dropped;
use self::process::Process;
use self::reloads::Reloads;
use self::requests::Requests;
use self::session::Session;

/// Upper bounds of the latency buckets, in seconds.
const LATENCY_BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The commit that the program was built from, where the build says so.
const REVISION: &str = match option_env!("GATEWAY_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};

/// All metrics of one application.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    calls: Calls,
    session: Session,
    audit: AuditTrail,
    idempotency: Idempotency,
    reloads: Reloads,
    lifetimes: Lifetimes,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Process::started_now()));
        let gateway = registry.sub_registry_with_prefix("gateway");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("revision", REVISION)].to_vec());
        gateway.register("build", "Which gateway this is", build);
        logs::register(gateway);
        Self {
            requests: Requests::new(gateway),
            calls: Calls::new(gateway),
            session: Session::new(gateway),
            audit: AuditTrail::new(gateway),
            idempotency: Idempotency::new(gateway),
            reloads: Reloads::new(gateway),
            lifetimes: Lifetimes::new(gateway),
            registry,
        }
    }
}

/// Registers `metric` and hands it back.
fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// Registers `metric`, whose name gets `_seconds` at its end, and hands it back.
fn add_seconds<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}

/// Histograms of times.
type Latency<L> = Family<L, Histogram, fn() -> Histogram>;

fn latency<L: EncodeLabelSet + Clone + std::hash::Hash + Eq>() -> Latency<L> {
    Family::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS))
}
