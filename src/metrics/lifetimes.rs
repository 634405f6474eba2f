use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, add_seconds};

/// Keys that grow old and certificates that end.
#[derive(Debug)]
pub(super) struct Lifetimes {
    identity_keys_age: Gauge<f64, AtomicU64>,
    certificate_expiry: Family<CertificateLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CertificateLabels {
    certificate: &'static str,
}

impl Lifetimes {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let lifetimes = Self {
            identity_keys_age: add_seconds(
                registry,
                "identity_keys_age",
                "Time since the keys of jwt.jwks_url were last fetched; +Inf: never; NaN: they are not fetched",
                Gauge::default(),
            ),
            certificate_expiry: add_seconds(
                registry,
                "certificate_expiry_timestamp",
                "When the certificate that CENTAGATE last showed ends, and the one of the callers' listener",
                Family::default(),
            ),
        };
        lifetimes.identity_keys_age.set(f64::NAN);
        lifetimes
    }
}

impl Metrics {
    /// Notes how old the keys of the identity provider are, where they are fetched; nothing: they never were.
    pub fn identity_keys_age(&self, age: Option<Duration>) {
        self.lifetimes.identity_keys_age.set(age.map_or(f64::INFINITY, |age| age.as_secs_f64()));
    }

    /// Notes when the certificate of `whose` ends: `centagate` or `listener`.
    pub fn certificate_expiry(&self, whose: &'static str, end: SystemTime) {
        let seconds = end.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let expiry = self.lifetimes.certificate_expiry.get_or_create(&CertificateLabels { certificate: whose });
        expiry.set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }
}
