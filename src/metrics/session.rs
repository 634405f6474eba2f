use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, add, add_seconds};
use crate::centagate::SessionEvents;

/// How the admin session fares.
#[derive(Debug)]
pub(super) struct Session {
    logins: Family<LoginLabels, Counter>,
    login_refused: Gauge,
    age: Gauge<f64, AtomicU64>,
    suspected: Counter,
    lost_early: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    result: &'static str,
}

impl Session {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let session = Self {
            logins: add(
                registry,
                "session_logins",
                "Logins of the admin, renewals included, by result: granted, failed, or why CENTAGATE refused",
                Family::default(),
            ),
            login_refused: add(
                registry,
                "session_login_refused",
                "1 while the last login of the admin is one that CENTAGATE refused",
                Gauge::default(),
            ),
            age: add_seconds(registry, "session_age", "Age of the admin session; NaN without one", Gauge::default()),
            suspected: add(
                registry,
                "session_refusals",
                "Calls that CENTAGATE refused as it refuses those of an ended session",
                Counter::default(),
            ),
            lost_early: add(
                registry,
                "session_lost_early",
                "Sessions that CENTAGATE refused before their timeout",
                Counter::default(),
            ),
        };
        for result in ["granted", "failed"] {
            drop(session.logins.get_or_create(&LoginLabels { result }));
        }
        session
    }
}

impl Metrics {
    /// Notes the age of the admin session, if there is one.
    pub fn session_age(&self, age: Option<Duration>) {
        self.session.age.set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
    }
}

impl SessionEvents for Metrics {
    fn login(&self, result: &'static str) {
        self.session.logins.get_or_create(&LoginLabels { result }).inc();
        self.session.login_refused.set(i64::from(!matches!(result, "granted" | "failed")));
    }

    fn suspected(&self) {
        self.session.suspected.inc();
    }

    fn lost_early(&self) {
        self.session.lost_early.inc();
    }
}
