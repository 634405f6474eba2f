//! The trail: writes the attempt before and the outcome after each action.

use std::sync::Arc;
use std::time::Duration;

use tracing::{error, info};
use uuid::Uuid;

use super::health::Health;
use super::open_error::OpenError;
use super::record::{Action, Ending, line};
use super::sink::AuditSink;
use super::writer::Writer;
use super::written::Written;
use crate::log_throttle::{LogThrottle, Permit};
use crate::metrics::Metrics;

/// Writes the audit trail. Requests wait until their record is written.
#[derive(Debug)]
pub(crate) struct AuditTrail {
    writer: Writer,
    metrics: Arc<Metrics>,
    /// For outcomes that could not be written.
    throttle: LogThrottle,
}

/// An attempt that is written. Its outcome must follow.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    trail: &'a AuditTrail,
    id: String,
    action: &'a Action,
    has_outcome: bool,
}

/// The record could not be written.
#[derive(Debug)]
pub(crate) struct Unwritten;

impl AuditTrail {
    /// Opens the sink.
    ///
    /// # Errors
    /// If the sink cannot be opened, or the writer's thread cannot be started.
    pub(crate) fn open(sink: &AuditSink, fsync: bool, metrics: Arc<Metrics>) -> Result<Self, OpenError> {
        let writer = Writer::start(sink, fsync, Health::new(Arc::clone(&metrics)))?;
        Ok(Self { writer, metrics, throttle: LogThrottle::default() })
    }

    /// Why the trail cannot be written; `None` if it can.
    pub(crate) fn broken(&self) -> Option<String> {
        self.writer.health().cause()
    }

    /// Reopens the file if it was moved, for example by log rotation.
    pub(crate) fn reopen(&self) {
        self.writer.check_sink();
    }

    /// Writes the attempt of `action`.
    ///
    /// # Errors
    /// If the record is not written in time. The action must then not start.
    pub(crate) async fn attempt<'a>(&'a self, action: &'a Action) -> Result<Attempt<'a>, Unwritten> {
        let id = self.before_action("attempt", action).await?;
        self.metrics.audit.open_attempt();
        Ok(Attempt { trail: self, id, action, has_outcome: false })
    }

    /// Writes that the secrets of an earlier `action` are sent to a retry.
    ///
    /// # Errors
    /// If the record is not written in time. The secrets must then not be sent.
    pub(crate) async fn replay(&self, action: &Action) -> Result<(), Unwritten> {
        self.before_action("replay", action).await.map(drop)
    }

    /// Writes a record that must exist before the action continues, and returns its ID.
    async fn before_action(&self, event: &'static str, action: &Action) -> Result<String, Unwritten> {
        // Do not wait for a broken trail. The writer detects when it works again.
        if self.writer.health().is_broken() {
            self.writer.health().count_lost(1);
            self.metrics.audit.count_line(event, false);
            return Err(Unwritten);
        }
        let id = Uuid::now_v7().to_string();
        match self.write(event, &id, action, None).await {
            Written::Yes => Ok(id),
            Written::No => Err(Unwritten),
            Written::Unknown => {
                // If the record exists, the trail must say that nothing followed. The request does not wait for that.
                let nothing =
                    Ending { outcome: "notExecuted", status: 503, upstream_code: None, duration: Duration::ZERO };
                drop(self.writer.write(&line("outcome", &id, action, Some(&nothing)), true));
                Err(Unwritten)
            }
        }
    }

    async fn write(&self, event: &'static str, id: &str, action: &Action, ending: Option<&Ending>) -> Written {
        let written = self.writer.write(&line(event, id, action, ending), ending.is_some()).await;
        self.metrics.audit.count_line(event, written == Written::Yes);
        written
    }
}

impl Attempt<'_> {
    /// Writes the outcome. If that fails, the reply is sent nevertheless, and a metric counts the failure.
    pub(crate) async fn ended(mut self, ending: &Ending) {
        self.has_outcome = self.trail.write("outcome", &self.id, self.action, Some(ending)).await == Written::Yes;
    }
}

/// Also reports an attempt without an outcome, after a panic or at the end of the process.
impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.trail.metrics.audit.close_attempt(self.has_outcome);
        if !self.has_outcome {
            let (audit_id, request_id) = (&*self.id, &*self.action.request_id);
            if let Some(Permit { suppressed }) = self.trail.throttle.permit() {
                let message = "the outcome of an attempt could not be written to the audit trail in time";
                error!(audit_id, request_id, suppressed, "{message}");
            } else {
                info!(audit_id, request_id, "the outcome of another attempt could not be written in time");
            }
        }
    }
}
