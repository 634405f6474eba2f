use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::callers::CallerRequests;
use super::{Latency, Metrics, add, add_seconds, latency};

/// What callers asked for and got.
#[derive(Debug)]
pub(super) struct Requests {
    finished: Family<RequestLabels, Counter>,
    duration: Latency<RouteLabels>,
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
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

impl Requests {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let requests = Self {
            finished: add(
                registry,
                "http_requests",
                "Requests by route pattern, method and status; 499: the caller went away",
                Family::default(),
            ),
            duration: add_seconds(
                registry,
                "http_request_duration",
                "Time from a request's head to its reply, or to its outcome where the caller went away",
                latency(),
            ),
            by_caller: CallerRequests::new(registry),
            rate_limited: add(registry, "rate_limited", "Requests refused by a rate limit", Family::default()),
            panics: add(registry, "panics", "Panics that were caught and answered with 500", Counter::default()),
        };
        for limit in ["requests", "otp_tokens_per_user"] {
            drop(requests.rate_limited.get_or_create(&LimitLabels { limit }));
        }
        requests
    }
}

impl Metrics {
    /// Counts a finished request, of `caller` where it is known who that is.
    pub fn request(
        &self,
        route: &'static str,
        method: &'static str,
        status: u16,
        caller: Option<&Arc<str>>,
        duration: Duration,
    ) {
        self.requests.finished.get_or_create(&RequestLabels { route, method, status }).inc();
        self.requests.duration.get_or_create(&RouteLabels { route }).observe(duration.as_secs_f64());
        if let Some(caller) = caller {
            self.requests.by_caller.count(caller);
        }
    }

    /// Counts a request that `limit` refused.
    pub fn rate_limited(&self, limit: &'static str) {
        self.requests.rate_limited.get_or_create(&LimitLabels { limit }).inc();
    }

    /// Counts a panic.
    pub fn panic(&self) {
        self.requests.panics.inc();
    }
}
