//! Metrics of the callers' requests.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::callers::CallerRequests;
use super::registration::{Latency, register, register_latency};

/// Counts and times the callers' requests.
#[derive(Debug)]
pub(crate) struct RequestMetrics {
    finished: Family<RequestLabels, Counter>,
    duration: Latency<DurationLabels>,
    by_caller: CallerRequests,
    rate_limited: Family<LimitLabels, Counter>,
    panics: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DurationLabels {
    route: &'static str,
    status_class: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

impl RequestMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            finished: register(
                registry,
                "http_requests",
                "Requests by route pattern, method and status; 499: the caller disconnected before the reply",
                Family::default(),
            ),
            duration: register_latency(
                registry,
                "http_request_duration",
                "Time from the request head to the reply, or to the outcome if the caller disconnected, by class of the status",
            ),
            by_caller: CallerRequests::new(registry),
            rate_limited: register(
                registry,
                "rate_limited",
                "Requests refused by a rate limit, by limit",
                Family::default(),
            ),
            panics: register(registry, "panics", "Panics that were caught and answered with 500", Counter::default()),
        };
        for limit in ["requests", "otp_tokens_per_user", "codes_per_user"] {
            drop(metrics.rate_limited.get_or_create(&LimitLabels { limit }));
        }
        metrics
    }

    /// Counts a finished request and its duration; `caller` is `None` if the request was not authenticated.
    pub(crate) fn count(
        &self,
        route: &'static str,
        method: &'static str,
        status: u16,
        caller: Option<&Arc<str>>,
        duration: Duration,
    ) {
        self.finished.get_or_create(&RequestLabels { route, method, status }).inc();
        let labels = DurationLabels { route, status_class: status_class(status) };
        self.duration.get_or_create(&labels).observe(duration.as_secs_f64());
        if let Some(caller) = caller {
            self.by_caller.count(caller);
        }
    }

    /// Counts a request that `limit` refused.
    pub(crate) fn count_rate_limited(&self, limit: &'static str) {
        self.rate_limited.get_or_create(&LimitLabels { limit }).inc();
    }

    /// Counts a panic that was caught.
    pub(crate) fn count_panic(&self) {
        self.panics.inc();
    }
}

/// The class of a status. Quick refusals must not hide slow successes.
fn status_class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
