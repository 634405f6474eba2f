//! Metrics of files that are reloaded when they change on disk.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::registration::register;

/// Counts reloads for each set of watched files.
#[derive(Debug)]
pub(crate) struct ReloadMetrics {
    reloads: Family<ReloadLabels, Counter>,
    broken: Family<SetLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReloadLabels {
    set: &'static str,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SetLabels {
    set: &'static str,
}

impl ReloadMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            reloads: register(
                registry,
                "reloads",
                "Reloads of secrets, callers, certificates, identity keys and the log filter by result (applied, refused)",
                Family::default(),
            ),
            broken: register(
                registry,
                "reload_broken",
                "1 while the files on disk are invalid and the last valid version stays in use",
                Family::default(),
            ),
        }
    }

    /// Exports the metrics of a `set` of files as 0 from now on.
    pub(crate) fn watch(&self, set: &'static str) {
        for result in ["applied", "refused"] {
            drop(self.reloads.get_or_create(&ReloadLabels { set, result }));
        }
        drop(self.broken.get_or_create(&SetLabels { set }));
    }

    /// Counts a reload of `set`.
    pub(crate) fn count(&self, set: &'static str, applied: bool) {
        let result = if applied { "applied" } else { "refused" };
        self.reloads.get_or_create(&ReloadLabels { set, result }).inc();
        self.broken.get_or_create(&SetLabels { set }).set(i64::from(!applied));
    }
}
