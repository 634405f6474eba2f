//! The audit trail: what was done in CENTAGATE, or read there, for whom and with which right.
//!
//! Each action leaves two JSON lines with one id: an `attempt` before the first byte goes to CENTAGATE, and an `outcome`
//! before the reply; a passcode that is told once more to who repeats a request leaves a `replay`. An attempt without an outcome means that the process ended in between: unknown. No other personal data
//! than the target's name is written, and no passcode, token or key.

mod sink;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::time::timeout;
use tracing::error;
use uuid::Uuid;

pub use sink::AuditSink;
use writer::Writer;

use crate::callers::Scope;
use crate::centagate::Operation;
use crate::metrics::Metrics;

/// The longest wait for the outcome of an attempt that is late itself.
const LATE: Duration = Duration::from_secs(1);

/// An action of a caller's in CENTAGATE.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    pub(crate) operation: Operation,
    pub(crate) caller: Arc<str>,
    /// The strongest right that it needs.
    pub(crate) right: Scope,
    pub(crate) target: String,
    pub(crate) request_id: String,
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

impl AuditTrail {
    pub(crate) fn new(sink: AuditSink, fsync: bool, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        Ok(Self { writer: Writer::start(sink.synced(fsync))?, metrics })
    }

    /// Puts the attempt of `action` on record.
    ///
    /// # Errors
    /// If the line is not written in time; the action must then not be begun.
    pub(crate) async fn attempt<'a>(&'a self, action: &'a Action) -> Result<Attempt<'a>, Unwritten> {
        let id = Uuid::now_v7().to_string();
        if self.write("attempt", &id, action, None).await {
            self.metrics.attempt_opened();
            return Ok(Attempt { trail: self, id, action, has_outcome: false });
        }
        // The line may still be written, late: then it needs an outcome, too, and before the reply if that can be.
        let nothing = Ending { outcome: "notExecuted", status: 503, upstream_code: None, duration: Duration::ZERO };
        if let Some(written) = self.writer.send(&line("outcome", &id, action, Some(&nothing))) {
            let _ = timeout(LATE, written).await;
        }
        Err(Unwritten)
    }

    /// Puts on record that the secrets which `action` once brought are told again.
    ///
    /// # Errors
    /// If the line is not written in time; they must then not be told.
    pub(crate) async fn replay(&self, action: &Action) -> Result<(), Unwritten> {
        let id = Uuid::now_v7().to_string();
        if self.write("replay", &id, action, None).await { Ok(()) } else { Err(Unwritten) }
    }

    async fn write(&self, event: &'static str, id: &str, action: &Action, ending: Option<&Ending>) -> bool {
        let line = line(event, id, action, ending);
        let written = match self.writer.send(&line) {
            Some(written) => written.await.unwrap_or(false),
            None => false,
        };
        self.metrics.audit(event, written);
        written
    }
}

impl Attempt<'_> {
    /// Puts the outcome on record. Where that fails the reply goes out all the same; a metric shows it.
    pub(crate) async fn ended(mut self, ending: &Ending) {
        self.has_outcome = self.trail.write("outcome", &self.id, self.action, Some(ending)).await;
    }
}

/// Also where a panic, or the end of the process, came before the outcome.
impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        self.trail.metrics.attempt_closed(self.has_outcome);
        if !self.has_outcome {
            let (audit_id, request_id) = (&*self.id, &*self.action.request_id);
            error!(audit_id, request_id, "an attempt stands in the audit trail without its outcome");
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
        operation: match action.operation {
            Operation::RegisterUser => "createUser",
            Operation::RegisterOneTimePin => "registerOtpToken",
            Operation::ListAuthentication => "getUser",
        },
        target: &action.target,
        request_id: &action.request_id,
        outcome: ending.map(|ending| ending.outcome),
        status: ending.map(|ending| ending.status),
        upstream_code: ending.map(|ending| ending.upstream_code),
        duration_ms: ending.map(|ending| crate::telemetry::fine_milliseconds(ending.duration)),
    };
    let mut text = Vec::with_capacity(512); // as much as most need, at once
    serde_json::to_writer(&mut text, &line).expect("texts and numbers serialize");
    text.push(b'\n');
    text
}
