//! Helpers that register a metric with the registry and return it.

use std::hash::Hash;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

/// Upper bounds of the latency buckets, in seconds.
const LATENCY_BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// A family of latency histograms, in seconds.
pub(super) type Latency<L> = Family<L, Histogram, fn() -> Histogram>;

/// Registers `metric` and returns it.
pub(super) fn register<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

/// Registers `metric` with the suffix `_seconds` and returns it.
pub(super) fn register_seconds<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}

/// Registers a family of latency histograms with the suffix `_seconds` and returns it.
pub(super) fn register_latency<L>(registry: &mut Registry, name: &str, help: &str) -> Latency<L>
where
    L: EncodeLabelSet + Clone + Hash + Eq + std::fmt::Debug + Send + Sync + 'static,
{
    let latency: Latency<L> = Family::new_with_constructor(|| Histogram::new(LATENCY_BUCKETS));
    register_seconds(registry, name, help, latency)
}
