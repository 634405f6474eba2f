//! Metrics of the admin's session with CENTAGATE.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::registration::{register, register_seconds};
use crate::centagate::SessionEvents;

/// Counts logins and lost sessions.
#[derive(Debug)]
pub(crate) struct SessionMetrics {
    logins: Family<LoginLabels, Counter>,
    login_refused: Gauge,
    age: Gauge<f64, AtomicU64>,
    refusals: Counter,
    lost_early: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    result: &'static str,
}

impl SessionMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            logins: register(
                registry,
                "session_logins",
                "Logins of the admin, including renewals, by result: granted, failed, or why CENTAGATE refused",
                Family::default(),
            ),
            login_refused: register(
                registry,
                "session_login_refused",
                "1 while CENTAGATE refused the last login of the admin",
                Gauge::default(),
            ),
            age: register_seconds(
                registry,
                "session_age",
                "Age of the admin session; NaN: there is no session",
                Gauge::default(),
            ),
            refusals: register(
                registry,
                "session_refusals",
                "Calls that CENTAGATE refused with a code that also means that the session has ended",
                Counter::default(),
            ),
            lost_early: register(
                registry,
                "session_lost_early",
                "Sessions that ended before their timeout",
                Counter::default(),
            ),
        };
        for result in ["granted", "failed"] {
            drop(metrics.logins.get_or_create(&LoginLabels { result }));
        }
        metrics
    }

    /// Sets the age of the admin session; `None`: there is no session.
    pub(crate) fn set_age(&self, age: Option<Duration>) {
        self.age.set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
    }
}

impl SessionEvents for SessionMetrics {
    fn login(&self, result: &'static str) {
        self.logins.get_or_create(&LoginLabels { result }).inc();
        self.login_refused.set(i64::from(!matches!(result, "granted" | "failed")));
    }

    fn suspected(&self) {
        self.refusals.inc();
    }

    fn lost_early(&self) {
        self.lost_early.inc();
    }
}
