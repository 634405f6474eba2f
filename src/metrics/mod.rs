//! The numbers behind `/metrics`. Every label comes from a fixed set, so their count is bounded by construction.

mod idempotency;
mod labels;
mod process;

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use idempotency::IdempotencyMetrics;
pub use labels::CodeLabel;
use labels::{
    AuditLabels, CallLabels, LimitLabels, OperationLabels, ReloadLabels, RequestLabels, ResultLabels, RouteLabels,
    SetLabels,
};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::centagate::{BreakerState, Load, Operation, SessionEvents};

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
    in_flight: Gauge,
    waiting: Gauge,
    breaker_open: Gauge<f64, AtomicU64>,
    panics: Counter,
    logins: Family<ResultLabels, Counter>,
    login_refused: Gauge,
    session_age: Gauge<f64, AtomicU64>,
    sessions_lost_early: Counter,
    identity_keys_age: Gauge<f64, AtomicU64>,
    reloads: Family<ReloadLabels, Counter>,
    reload_broken: Family<SetLabels, Gauge>,
    audit_lines: Family<AuditLabels, Counter>,
    audit_broken: Gauge,
    rate_limited: Family<LimitLabels, Counter>,
    idempotency: IdempotencyMetrics,
}

impl Default for Metrics {
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn default() -> Self {
        let latency: fn() -> Histogram = || Histogram::new(LATENCY_BUCKETS);
        let mut metrics = Self {
            registry: Registry::with_prefix("gateway"),
            requests: Family::default(),
            request_duration: Family::new_with_constructor(latency),
            centagate_calls: Family::default(),
            centagate_call_duration: Family::new_with_constructor(latency),
            in_flight: Gauge::default(),
            waiting: Gauge::default(),
            breaker_open: Gauge::default(),
            panics: Counter::default(),
            logins: Family::default(),
            login_refused: Gauge::default(),
            session_age: Gauge::default(),
            sessions_lost_early: Counter::default(),
            identity_keys_age: Gauge::default(),
            reloads: Family::default(),
            reload_broken: Family::default(),
            audit_lines: Family::default(),
            audit_broken: Gauge::default(),
            rate_limited: Family::default(),
            idempotency: IdempotencyMetrics::default(),
        };
        let registry = &mut metrics.registry;
        metrics.idempotency.register(registry);
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
        registry.register("centagate_calls_in_flight", "Calls of CENTAGATE under way", metrics.in_flight.clone());
        registry.register(
            "centagate_calls_waiting",
            "Calls of CENTAGATE that wait for their turn",
            metrics.waiting.clone(),
        );
        registry.register(
            "centagate_breaker_open",
            "The circuit breaker: 0 closed, 0.5 one call is tried, 1 open",
            metrics.breaker_open.clone(),
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
        registry.register(
            "audit_lines",
            "Lines of the audit trail by event and result: written or failed",
            metrics.audit_lines.clone(),
        );
        registry.register(
            "audit_broken",
            "1 while the audit trail cannot be written and actions are refused",
            metrics.audit_broken.clone(),
        );
        registry.register("rate_limited", "Requests refused by a rate limit", metrics.rate_limited.clone());
        registry.register("panics", "Panics that were caught and answered with 500", metrics.panics.clone());
        registry.register_collector(Box::new(process::Process));
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

    /// Notes what the client for CENTAGATE is doing.
    pub fn load(&self, load: Load) {
        self.in_flight.set(i64::try_from(load.in_flight).unwrap_or(i64::MAX));
        self.waiting.set(i64::try_from(load.waiting).unwrap_or(i64::MAX));
        self.breaker_open.set(match load.breaker {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 0.5,
            BreakerState::Open => 1.0,
        });
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

    /// Counts a line of the audit trail: an `attempt` or an `outcome`.
    pub fn audit(&self, event: &'static str, written: bool) {
        let result = if written { "written" } else { "failed" };
        self.audit_lines.get_or_create(&AuditLabels { event, result }).inc();
        self.audit_broken.set(i64::from(!written));
    }

    /// Counts a request that `limit` refused.
    pub fn rate_limited(&self, limit: &'static str) {
        self.rate_limited.get_or_create(&LimitLabels { limit }).inc();
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
        self.login_refused.set(i64::from(!matches!(result, "granted" | "failed")));
    }

    fn lost_early(&self) {
        self.sessions_lost_early.inc();
    }
}
