//! The audit trail: what was done in CENTAGATE, or read there, for whom and with which right.
//!
//! Each action leaves two JSON lines with one id: an `attempt` before the first byte goes to CENTAGATE, and an `outcome`
//! before the reply. A passcode that is sent again to a caller who repeats a request leaves a `replay`. An attempt without
//! an outcome means unknown: the process ended in between. After a gap in the trail, a `resumed` line says how many lines
//! are missing. The target's name is the only personal data; no passcode, token or key is written.

pub(crate) mod configuration;
mod file;
mod health;
mod open_error;
mod queue;
mod sink;
mod writer;
mod written;

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;
use tracing::error;
use uuid::Uuid;

pub use configuration::AuditSettings;
use health::Health;
pub(crate) use open_error::OpenError;
pub use sink::AuditSink;
use writer::Writer;
use written::Written;

use crate::callers::Scope;
use crate::domain::fine_milliseconds;
use crate::metrics::Metrics;
use crate::telemetry::to_json_line;

/// A caller's action in CENTAGATE.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    /// The operation's name in the contract.
    pub(crate) operation: &'static str,
    pub(crate) caller: Arc<str>,
    /// The strongest right that it needs.
    pub(crate) right: Scope,
    pub(crate) target: String,
    pub(crate) request_id: String,
    /// What the action changes: further members of its records.
    pub(crate) details: Vec<(&'static str, Value)>,
}

/// How an action ended.
#[derive(Debug)]
pub(crate) struct Ending {
    /// `executed`, `notExecuted` or `unknown`.
    pub(crate) outcome: &'static str,
    pub(crate) status: u16,
    pub(crate) upstream_code: Option<i64>,
    pub(crate) duration: Duration,
}

/// Writes the trail; requests wait until their line is written.
#[derive(Debug)]
pub(crate) struct AuditTrail {
    writer: Writer,
    metrics: Arc<Metrics>,
}

/// An attempt that is on record and whose outcome is owed.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    trail: &'a AuditTrail,
    id: String,
    action: &'a Action,
    has_outcome: bool,
}

/// The line could not be written.
#[derive(Debug)]
pub(crate) struct Unwritten;

/// One line of the trail.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    audit: &'static str,
    id: &'a str,
    time: String,
    caller: &'a str,
    right: &'static str,
    /// The operation's id in the contract.
    operation: &'static str,
    target: &'a str,
    request_id: &'a str,
    #[serde(flatten)]
    details: Details<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Null where an action ended without one.
    #[expect(clippy::option_option, reason = "absent, null or a number")]
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_code: Option<Option<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<f64>,
}

/// The members that describe an action further.
struct Details<'a>(&'a [(&'static str, Value)]);

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl AuditTrail {
    /// Opens the sink.
    ///
    /// # Errors
    /// If it cannot be opened, or the system gives no thread.
    pub(crate) fn open(sink: &AuditSink, fsync: bool, metrics: Arc<Metrics>) -> Result<Self, OpenError> {
        Ok(Self { writer: Writer::start(sink, fsync, Health::new(Arc::clone(&metrics)))?, metrics })
    }

    /// Why the trail cannot be written, if so.
    pub(crate) fn broken(&self) -> Option<String> {
        self.writer.health().cause()
    }

    /// Opens the file anew if it was moved away.
    pub(crate) fn reopen(&self) {
        self.writer.check_sink();
    }

    /// Writes the attempt of `action`.
    ///
    /// # Errors
    /// If the line is not written in time; the action must then not begin.
    pub(crate) async fn attempt<'a>(&'a self, action: &'a Action) -> Result<Attempt<'a>, Unwritten> {
        let id = self.before_action("attempt", action).await?;
        self.metrics.audit.open_attempt();
        Ok(Attempt { trail: self, id, action, has_outcome: false })
    }

    /// Writes that the secrets of an earlier `action` are sent again.
    ///
    /// # Errors
    /// If the line is not written in time; the secrets must then not be sent.
    pub(crate) async fn replay(&self, action: &Action) -> Result<(), Unwritten> {
        self.before_action("replay", action).await.map(drop)
    }

    /// Writes a line that must be there before the action goes on; answers its id.
    async fn before_action(&self, event: &'static str, action: &Action) -> Result<String, Unwritten> {
        // A trail that is known to be broken is not waited for: the writer finds out when it works again.
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
                // If the line is there, the trail must say that nothing followed. Nobody needs to wait for that.
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
    /// Writes the outcome. If that fails, the reply goes out all the same; a metric shows it.
    pub(crate) async fn ended(mut self, ending: &Ending) {
        self.has_outcome = self.trail.write("outcome", &self.id, self.action, Some(ending)).await == Written::Yes;
    }
}

/// Also reports a panic, or the end of the process, before the outcome.
impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.trail.metrics.audit.close_attempt(self.has_outcome);
        if !self.has_outcome {
            let (audit_id, request_id) = (&*self.id, &*self.action.request_id);
            error!(audit_id, request_id, "the outcome of an attempt could not be written to the audit trail in time");
        }
    }
}

fn line(event: &'static str, id: &str, action: &Action, ending: Option<&Ending>) -> Vec<u8> {
    let line = Line {
        audit: event,
        id,
        time: format!("{:.3}", jiff::Timestamp::now()),
        caller: &action.caller,
        right: action.right.as_str(),
        operation: action.operation,
        target: &action.target,
        request_id: &action.request_id,
        details: Details(&action.details),
        outcome: ending.map(|ending| ending.outcome),
        status: ending.map(|ending| ending.status),
        upstream_code: ending.map(|ending| ending.upstream_code),
        duration_ms: ending.map(|ending| fine_milliseconds(ending.duration)),
    };
    to_json_line(&line)
}
