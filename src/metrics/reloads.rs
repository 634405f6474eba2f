use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, add};

/// What became of changes on disk.
#[derive(Debug)]
pub(super) struct Reloads {
    changes: Family<ReloadLabels, Counter>,
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

impl Reloads {
    pub(super) fn new(registry: &mut Registry) -> Self {
        Self {
            changes: add(
                registry,
                "reloads",
                "Changed secrets, callers, certificates and identity keys by result: applied or refused",
                Family::default(),
            ),
            broken: add(
                registry,
                "reload_broken",
                "1 while what stands on disk cannot be used and the old value stays in use",
                Family::default(),
            ),
        }
    }
}

impl Metrics {
    /// Begins to count for a `set` of files that is watched.
    pub fn watched(&self, set: &'static str) {
        for result in ["applied", "refused"] {
            drop(self.reloads.changes.get_or_create(&ReloadLabels { set, result }));
        }
        drop(self.reloads.broken.get_or_create(&SetLabels { set }));
    }

    /// Counts a change of `set` on disk that was taken into use, or not.
    pub fn reload(&self, set: &'static str, applied: bool) {
        let result = if applied { "applied" } else { "refused" };
        self.reloads.changes.get_or_create(&ReloadLabels { set, result }).inc();
        self.reloads.broken.get_or_create(&SetLabels { set }).set(i64::from(!applied));
    }
}
