//! Readiness: whether the process should get requests, and why not.

use std::fmt::{self, Write as _};
use std::time::Duration;

use tokio::time::Instant;

use super::gateway::Gateway;
use crate::centagate::{ContactStatus, SessionStatus};
use crate::store::CheckResult;

/// Whether the process should get requests.
///
/// The process should get no requests while it drains, while the audit trail cannot be written, and until it has worked
/// once. So a rollout of a broken configuration stops at its first process. A process that has worked stays ready
/// whatever CENTAGATE does. After the grace period, every process is ready. Otherwise, one outage would remove every
/// replica.
pub(super) struct Readiness {
    is_draining: bool,
    startup: Startup,
    session: SessionStatus,
    centagate: ContactStatus,
    audit_fault: Option<String>,
    store_check: CheckResult,
}

/// Whether the process has worked once.
enum Startup {
    Complete,
    /// What has never worked, and the rest of the grace period.
    Waiting(Vec<&'static str>, Duration),
    /// What has never worked. The grace period is over.
    GraceIsOver(Vec<&'static str>),
}

impl Readiness {
    pub(super) fn of(gateway: &Gateway) -> Self {
        let (session, centagate) = (gateway.centagate.session_status(), gateway.centagate.contact_status());
        let missing = [
            ("a session", session.ever_live),
            ("a connection to CENTAGATE", centagate.ever_connected),
            ("the idempotency store", gateway.ledger.has_worked()),
        ];
        let missing: Vec<_> = missing.into_iter().filter(|(_, worked)| !worked).map(|(name, _)| name).collect();
        let rest = gateway.grace_ends.saturating_duration_since(Instant::now());
        Self {
            is_draining: gateway.lifecycle.is_draining(),
            startup: match (missing.is_empty(), rest.is_zero()) {
                (true, _) => Startup::Complete,
                (false, false) => Startup::Waiting(missing, rest),
                (false, true) => Startup::GraceIsOver(missing),
            },
            session,
            centagate,
            audit_fault: gateway.audit.broken(),
            store_check: gateway.ledger.last_check(),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.is_draining && self.audit_fault.is_none() && !matches!(self.startup, Startup::Waiting(..))
    }

    /// `ready` or `not ready`, in one line.
    pub(super) fn summary(&self) -> String {
        if self.is_ready() { "ready\n" } else { "not ready\n" }.to_owned()
    }

    /// The summary, and one line for each condition.
    pub(super) fn details(&self) -> String {
        let Self { startup, session, centagate, store_check, .. } = self;
        let draining = if self.is_draining { "stopping" } else { "no" };
        let audit =
            self.audit_fault.as_ref().map_or_else(|| "ok".into(), |cause| format!("cannot be written: {cause}"));
        let mut text = self.summary();
        let _ = write!(
            text,
            "draining: {draining}\nstartup: {startup}\nsession: {session}\nCENTAGATE: {centagate}\naudit: {audit}\n\
             idempotency store check: {store_check}\n"
        );
        text
    }
}

impl fmt::Display for Startup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("complete"),
            Self::Waiting(missing, rest) => {
                write!(f, "waiting for {}, for at most {} s", missing.join(" and "), rest.as_secs() + 1)
            }
            Self::GraceIsOver(missing) => {
                write!(f, "server.startup_grace_ms is over, still waiting for {}", missing.join(" and "))
            }
        }
    }
}
