//! Logs logins that open no session: the first one of a minute at ERROR or WARN, the others at INFO.

use tracing::{error, info, warn};

use super::refusal::LoginRefusal;
use crate::centagate::error::Error;
use crate::log_throttle::{LogThrottle, Permit};

/// Logs logins that open no session.
#[derive(Debug, Default)]
pub(super) struct LoginLog {
    refused: LogThrottle,
    failed: LogThrottle,
}

impl LoginLog {
    /// Logs that CENTAGATE refused a login. The next one follows after `retry_ms`.
    pub(super) fn refused(&self, refusal: &LoginRefusal, retry_ms: Option<u64>) {
        let (reason, cause) = (refusal.label(), tracing::field::display(refusal));
        if let Some(Permit { suppressed }) = self.refused.permit() {
            error!(reason, cause, retry_ms, suppressed, "CENTAGATE refused the login");
        } else {
            info!(reason, cause, retry_ms, "CENTAGATE refused the login again");
        }
    }

    /// Logs that a login had no readable answer. The next one follows after `retry_ms`.
    pub(super) fn failed(&self, cause: &Error, retry_ms: Option<u64>) {
        if let Some(Permit { suppressed }) = self.failed.permit() {
            warn!(%cause, retry_ms, suppressed, "the login to CENTAGATE failed");
        } else {
            info!(%cause, retry_ms, "the login to CENTAGATE failed again");
        }
    }
}
