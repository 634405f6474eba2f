//! Metrics of keys and certificates whose validity ends.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::registration::register_seconds;

/// Shows the age of the identity provider's keys and the expiry of certificates.
#[derive(Debug)]
pub(crate) struct ValidityMetrics {
    identity_keys_age: Gauge<f64, AtomicU64>,
    certificate_expiry: Family<CertificateLabels, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CertificateLabels {
    certificate: &'static str,
}

impl ValidityMetrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self {
            identity_keys_age: register_seconds(
                registry,
                "identity_keys_age",
                "Time since the keys at jwt.jwks_url were last fetched; +Inf: never fetched; NaN: no jwks_url is set",
                Gauge::default(),
            ),
            certificate_expiry: register_seconds(
                registry,
                "certificate_expiry_timestamp",
                "Expiry of the certificate that CENTAGATE last presented (centagate) or that callers see (listener)",
                Family::default(),
            ),
        };
        metrics.identity_keys_age.set(f64::NAN);
        metrics
    }

    /// Sets the time since the identity provider's keys were last fetched; `None`: they were never fetched.
    pub(crate) fn set_identity_keys_age(&self, age: Option<Duration>) {
        self.identity_keys_age.set(age.map_or(f64::INFINITY, |age| age.as_secs_f64()));
    }

    /// Sets the expiry of `certificate`: `centagate` or `listener`.
    pub(crate) fn set_certificate_expiry(&self, certificate: &'static str, expiry: SystemTime) {
        let seconds = expiry.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let gauge = self.certificate_expiry.get_or_create(&CertificateLabels { certificate });
        gauge.set(i64::try_from(seconds).unwrap_or(i64::MAX));
    }
}
