//! A record of the audit trail: one JSON line.

use std::sync::Arc;
use std::time::Duration;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::callers::Scope;
use crate::domain::fine_milliseconds;
use crate::telemetry::to_json_line;

/// A caller's action in CENTAGATE.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    /// The operation's name in the contract.
    pub(crate) operation: &'static str,
    pub(crate) caller: Arc<str>,
    /// The strongest right that the action needs.
    pub(crate) right: Scope,
    pub(crate) target: String,
    pub(crate) request_id: String,
    /// What the action changes: further members of its records.
    pub(crate) details: Vec<(&'static str, Value)>,
}

/// The end of an action.
#[derive(Debug)]
pub(crate) struct Ending {
    /// `executed`, `notExecuted`, `refused` or `unknown`.
    pub(crate) outcome: &'static str,
    pub(crate) status: u16,
    pub(crate) upstream_code: Option<i64>,
    pub(crate) duration: Duration,
}

/// The members of a record.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    audit: &'static str,
    id: &'a str,
    time: String,
    caller: &'a str,
    right: &'static str,
    /// The operation's name in the contract.
    operation: &'static str,
    target: &'a str,
    request_id: &'a str,
    #[serde(flatten)]
    details: Details<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Null if an action ended without a return code.
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

/// The record of `event` with the given ID, as a line.
pub(super) fn line(event: &'static str, id: &str, action: &Action, ending: Option<&Ending>) -> Vec<u8> {
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
