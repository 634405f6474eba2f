//! The numbers behind `/metrics`. Every label comes from a fixed set, so their count is bounded by construction.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::centagate::{Operation, SessionEvents};

/// Upper bounds of the latency buckets, in seconds.
const LATENCY_BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// All metrics of one application.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_duration: Family<RouteLabels, Histogram, fn() -> Histogram>,
    centagate_calls: Family<CallLabels, Counter>,
    centagate_call_duration: Family<OperationLabels, Histogram, fn() -> Histogram>,
    panics: Counter,
    logins: Family<ResultLabels, Counter>,
    session_age: Gauge<f64, AtomicU64>,
    sessions_lost_early: Counter,
    identity_keys_age: Gauge<f64, AtomicU64>,
    reloads: Family<ReloadLabels, Counter>,
    reload_broken: Family<SetLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    operation: &'static str,
    code: CodeLabel,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabels {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
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

/// How a call of CENTAGATE ended: a return code, or why there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeLabel {
    /// A return code whose meaning is known, 0 included.
    Known(i64),
    /// A word: `other` for any other code, or what happened instead of an answer.
    Word(&'static str),
}

impl prometheus_client::encoding::EncodeLabelValue for CodeLabel {
    fn encode(&self, encoder: &mut prometheus_client::encoding::LabelValueEncoder<'_>) -> std::fmt::Result {
        match self {
            Self::Known(code) => code.encode(encoder),
            Self::Word(word) => word.encode(encoder),
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let latency: fn() -> Histogram = || Histogram::new(LATENCY_BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("gateway"),
            requests: Family::default(),
            request_duration: Family::new_with_constructor(latency),
            centagate_calls: Family::default(),
            centagate_call_duration: Family::new_with_constructor(latency),
            panics: Counter::default(),
            logins: Family::default(),
            session_age: Gauge::default(),
            sessions_lost_early: Counter::default(),
            identity_keys_age: Gauge::default(),
            reloads: Family::default(),
            reload_broken: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "http_requests",
            "Requests by route pattern, method and status; 499: the caller went away",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from a request's head to its reply, or to its outcome where the caller went away",
            Unit::Seconds,
            metrics.request_duration.clone(),
        );
        registry.register(
            "centagate_calls",
            "Calls of CENTAGATE by operation and return code, or by what happened instead of an answer",
            metrics.centagate_calls.clone(),
        );
        registry.register_with_unit(
            "centagate_call_duration",
            "Time of calls of CENTAGATE, connecting included",
            Unit::Seconds,
            metrics.centagate_call_duration.clone(),
        );
        registry.register(
            "session_logins",
            "Logins of the admin by result: granted, failed, or why CENTAGATE refused",
            metrics.logins.clone(),
        );
        registry.register_with_unit(
            "session_age",
            "Age of the admin session",
            Unit::Seconds,
            metrics.session_age.clone(),
        );
        registry.register(
            "session_lost_early",
            "Sessions that CENTAGATE refused before their timeout",
            metrics.sessions_lost_early.clone(),
        );
        registry.register_with_unit(
            "identity_keys_age",
            "Time since the keys of jwt.jwks_url were last fetched",
            Unit::Seconds,
            metrics.identity_keys_age.clone(),
        );
        registry.register(
            "reloads",
            "Changed secrets, callers, certificates and identity keys by result: applied or refused",
            metrics.reloads.clone(),
        );
        registry.register(
            "reload_broken",
            "1 while what stands on disk cannot be used and the old value stays in use",
            metrics.reload_broken.clone(),
        );
        registry.register("panics", "Panics that were caught and answered with 500", metrics.panics.clone());
        metrics
    }
}

impl Metrics {
    /// Counts a finished request.
    pub fn request(&self, route: &'static str, method: &'static str, status: u16, duration: Duration) {
        self.requests.get_or_create(&RequestLabels { route, method, status }).inc();
        self.request_duration.get_or_create(&RouteLabels { route }).observe(duration.as_secs_f64());
    }

    /// Counts a finished call of CENTAGATE.
    pub fn centagate_call(&self, operation: Operation, code: CodeLabel, duration: Duration) {
        let operation = operation.as_str();
        self.centagate_calls.get_or_create(&CallLabels { operation, code }).inc();
        self.centagate_call_duration.get_or_create(&OperationLabels { operation }).observe(duration.as_secs_f64());
    }

    /// Counts a panic.
    pub fn panic(&self) {
        self.panics.inc();
    }

    /// Notes the age of the admin session, if there is one.
    pub fn session_age(&self, age: Option<Duration>) {
        self.session_age.set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
    }

    /// Notes the time since identity keys were last fetched, if they are fetched and there are any.
    pub fn identity_keys_age(&self, age: Option<Duration>) {
        self.identity_keys_age.set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
    }

    /// Counts a change of `set` on disk that was taken into use, or not.
    pub fn reload(&self, set: &'static str, applied: bool) {
        let result = if applied { "applied" } else { "refused" };
        self.reloads.get_or_create(&ReloadLabels { set, result }).inc();
        self.reload_broken.get_or_create(&SetLabels { set }).set(i64::from(!applied));
    }

    /// Everything as `OpenMetrics` text.
    ///
    /// # Errors
    /// Never in practice: writing to a `String` does not fail.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl SessionEvents for Metrics {
    fn login(&self, result: &'static str) {
        self.logins.get_or_create(&ResultLabels { result }).inc();
    }

    fn lost_early(&self) {
        self.sessions_lost_early.inc();
    }
}
