//! The session as requests see it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::credentials::Credentials;
use super::live_session::Session;
use super::refusal::LoginRefusal;
use crate::centagate::error::NotSent;
use crate::log_throttle::{LogThrottle, Permit};

/// Events of the session, for metrics.
pub trait SessionEvents: fmt::Debug + Send + Sync + 'static {
    /// A login ended: `granted`, the label of a refusal, or `failed`.
    fn login(&self, result: &'static str);
    /// CENTAGATE refused a call with a code that may mean an ended session.
    fn suspected(&self);
    /// CENTAGATE ended a session before its timeout. Another login of the same admin may be the cause.
    fn lost_early(&self);
}

/// The state of the session, for readiness.
#[derive(Clone, Debug, Default)]
pub struct SessionStatus {
    /// Whether this process has ever had a session.
    pub ever_live: bool,
    /// The age of the current session.
    pub age: Option<Duration>,
    /// Whether the current session was given in the configuration and no call has succeeded with it yet.
    pub is_untested: bool,
    /// The code with which CENTAGATE refused the current session since the last successful call, if it did.
    pub refused_with: Option<i64>,
    /// Why CENTAGATE refused the last login, if it did.
    pub refusal: Option<LoginRefusal>,
    /// Why the last login failed without an answer, if it did.
    pub failure: Option<String>,
}

impl fmt::Display for SessionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = self.age.map(|age| age.as_secs());
        match (age, self.refused_with, self.refusal.is_some()) {
            (None, ..) => f.write_str("none")?,
            (Some(age), Some(code), _) => write!(f, "{age} s old; CENTAGATE refused the last call with code {code}")?,
            (Some(age), None, true) => write!(f, "{age} s old")?,
            (Some(age), None, false) if self.is_untested => write!(f, "given {age} s ago; no successful call yet")?,
            (Some(age), None, false) => write!(f, "live for {age} s")?,
        }
        if let Some(refusal) = &self.refusal {
            write!(f, "; last login refused: {refusal}")?;
        }
        if let Some(failure) = &self.failure {
            write!(f, "; last login failed: {failure}")?;
        }
        Ok(())
    }
}

/// Access to the session for requests: the live session, and requests for a newer one.
#[derive(Clone, Debug)]
pub(in crate::centagate) struct Sessions {
    pub(super) shared: Arc<Shared>,
    pub(super) asks: mpsc::UnboundedSender<Ask>,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) current: ArcSwapOption<Session>,
    status: Mutex<SessionStatus>,
    /// Whether CENTAGATE ever ended a session of this process before its timeout.
    lost_early: AtomicBool,
    /// For sessions that end again and again.
    throttle: LogThrottle,
}

#[derive(Debug)]
pub(super) enum Ask {
    /// A session newer than `generation`. Only a `forced` request may cause a login.
    Newer {
        generation: u64,
        forced: bool,
        answer: oneshot::Sender<Option<Arc<Session>>>,
    },
    Credentials(Credentials),
    /// Log out, by `deadline`.
    Stop {
        deadline: Instant,
        done: oneshot::Sender<()>,
    },
}

impl Sessions {
    /// The live session. If there is none yet, waits for the running login.
    pub(in crate::centagate) async fn live(&self, deadline: Instant) -> Result<Arc<Session>, NotSent> {
        if let Some(session) = self.shared.current.load_full() {
            return Ok(session);
        }
        self.newer_than(0, false, deadline).await.ok_or(NotSent::NoSession)
    }

    /// A session newer than `generation`: an existing session, or the session of a running login. If `forced` and the
    /// rules allow it now, a new login is started.
    pub(in crate::centagate) async fn newer_than(
        &self,
        generation: u64,
        forced: bool,
        deadline: Instant,
    ) -> Option<Arc<Session>> {
        let (answer, answered) = oneshot::channel();
        self.asks.send(Ask::Newer { generation, forced, answer }).ok()?;
        timeout_at(deadline, answered).await.ok()?.ok()?
    }

    /// Replaces the credentials, unless they are the same.
    pub(in crate::centagate) fn replace_credentials(&self, credentials: Credentials) {
        let _ = self.asks.send(Ask::Credentials(credentials));
    }

    /// Logs out by `deadline`, including the session of a running login. A given session stays open.
    pub(in crate::centagate) async fn stop(&self, deadline: Instant) {
        let (done, stopped) = oneshot::channel();
        if self.asks.send(Ask::Stop { deadline, done }).is_ok() {
            let _ = stopped.await;
        }
    }

    /// Records and logs that CENTAGATE ended a session before its timeout.
    pub(in crate::centagate) fn record_early_loss(&self) {
        self.shared.lost_early.store(true, Ordering::Relaxed);
        if let Some(Permit { suppressed }) = self.shared.throttle.permit() {
            let message = "CENTAGATE ended the session before its timeout; does another process use the same admin?";
            warn!(suppressed, "{message}");
        }
    }

    pub(in crate::centagate) fn status(&self) -> SessionStatus {
        let mut status = self.shared.status().clone();
        if let Some(session) = &*self.shared.current.load() {
            (status.age, status.refused_with) = (Some(session.age()), session.refusal());
            status.is_untested = session.is_untested();
        }
        status
    }
}

impl Shared {
    /// Records why the last login opened no session.
    pub(super) fn ended_without_session(&self, refusal: Option<LoginRefusal>, failure: Option<String>) {
        let mut status = self.status();
        (status.refusal, status.failure) = (refusal, failure);
    }

    pub(super) fn has_lost_early(&self) -> bool {
        self.lost_early.load(Ordering::Relaxed)
    }

    pub(super) fn status(&self) -> std::sync::MutexGuard<'_, SessionStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
