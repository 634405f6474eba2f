//! The record of one request: one log line, its metrics and its spans.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::rate_limit::Verdict;
use crate::audit::{Action, Ending};
use crate::centagate::{self, Meaning, NotSent};
use crate::domain::fine_milliseconds;
use crate::metrics::{CodeLabel, KeyResult, Metrics};
use crate::operations::{Request, Row};
use crate::telemetry::{ClientSpan, Period, RequestTrace, ServerSpan};

/// The route of a request that matches no route.
pub(super) const UNMATCHED: &str = "unmatched";

/// The status of a request whose caller disconnected before the reply.
const CALLER_GONE: u16 = 499;

/// Collects the facts about one request for its log line, its metrics and its spans.
///
/// The boundary and the execution share it. The last owner to be dropped logs it, so the line is complete even if the caller
/// has disconnected.
#[derive(Debug)]
pub(crate) struct RequestRecord {
    metrics: Arc<Metrics>,
    trace: RequestTrace,
    started: Instant,
    request_id: String,
    route: &'static str,
    method: &'static str,
    caller: OnceLock<Arc<str>>,
    credential_fault: OnceLock<&'static str>,
    rate_limits: Mutex<Vec<Verdict>>,
    idempotency: OnceLock<KeyResult>,
    call: OnceLock<CallRecord>,
    unreadable_object: OnceLock<()>,
    reply: OnceLock<ReplyRecord>,
}

#[derive(Debug)]
struct CallRecord {
    operation: &'static Row,
    label: CodeLabel,
    code: Option<i64>,
    outcome: &'static str,
    fault: Option<String>,
    ended: Instant,
    duration: Duration,
}

#[derive(Debug)]
struct ReplyRecord {
    status: u16,
    code: Option<&'static str>,
    duration: Duration,
}

impl RequestRecord {
    /// Starts the record of a request whose head was just read.
    pub(super) fn begin(
        metrics: Arc<Metrics>,
        trace: RequestTrace,
        request_id: String,
        route: &'static str,
        method: &'static str,
    ) -> Self {
        Self {
            metrics,
            trace,
            started: Instant::now(),
            request_id,
            route,
            method,
            caller: OnceLock::new(),
            credential_fault: OnceLock::new(),
            rate_limits: Mutex::default(),
            idempotency: OnceLock::new(),
            call: OnceLock::new(),
            unreadable_object: OnceLock::new(),
            reply: OnceLock::new(),
        }
    }

    pub(super) fn request_id(&self) -> &str {
        &self.request_id
    }

    pub(super) fn started(&self) -> Instant {
        self.started
    }

    /// Records the caller.
    pub(super) fn caller(&self, name: &Arc<str>) {
        let _ = self.caller.set(Arc::clone(name));
    }

    /// Records why the credential was rejected.
    pub(super) fn credential_fault(&self, reason: &'static str) {
        let _ = self.credential_fault.set(reason);
    }

    /// Records the verdict of a rate limit.
    pub(super) fn rate_limit(&self, verdict: Verdict) {
        self.rate_limits.lock().unwrap_or_else(PoisonError::into_inner).push(verdict);
    }

    /// The values of `RateLimit-Policy` and `RateLimit`, if there are limits.
    pub(super) fn rate_limit_fields(&self) -> Option<(String, String)> {
        let verdicts = self.rate_limits.lock().unwrap_or_else(PoisonError::into_inner);
        let join = |item: fn(&Verdict) -> &str| verdicts.iter().map(item).collect::<Vec<_>>().join(", ");
        (!verdicts.is_empty()).then(|| (join(|verdict| &verdict.policy), join(|verdict| &verdict.state)))
    }

    /// The request as the audit trail records it.
    pub(super) fn action(&self, operation: &Row, request: &dyn Request) -> Action {
        Action {
            operation: operation.spec.id,
            caller: self.caller.get().cloned().unwrap_or_default(),
            right: request.right(),
            target: request.target().as_str().to_owned(),
            request_id: self.request_id.clone(),
            details: request.audit(),
        }
    }

    /// Records the state of the `Idempotency-Key`.
    pub(super) fn idempotency(&self, result: KeyResult) {
        self.metrics.idempotency.count(result);
        let _ = self.idempotency.set(result);
    }

    /// Records the result of the call to CENTAGATE.
    pub(super) fn call(&self, operation: &'static Row, failure: Option<&centagate::Error>, ending: &Ending) {
        let label = failure.map_or(CodeLabel::Known(0), |failure| label(operation, failure));
        self.metrics.calls.count(operation.spec.label, label, ending.outcome, ending.duration);
        let fault = match failure {
            None | Some(centagate::Error::Refused(_)) => None,
            Some(error) => Some(error.to_string()),
        };
        let _ = self.call.set(CallRecord {
            operation,
            label,
            code: ending.upstream_code,
            outcome: ending.outcome,
            fault,
            ended: Instant::now(),
            duration: ending.duration,
        });
    }

    /// Records that a successful reply had an unreadable object: the caller gets nulls, or empty lists.
    pub(super) fn unreadable_object(&self) {
        let _ = self.unreadable_object.set(());
    }

    /// Records the reply.
    pub(super) fn reply(&self, status: u16, code: Option<&'static str>) {
        let _ = self.reply.set(ReplyRecord { status, code, duration: self.started.elapsed() });
    }

    /// The spans of a request that took `duration`.
    fn spans(&self, duration: Duration) -> (ServerSpan, Option<ClientSpan>) {
        let reply = self.reply.get();
        let server = ServerSpan {
            method: self.method,
            route: Some(self.route).filter(|route| *route != UNMATCHED),
            status: reply.map(|reply| reply.status),
            problem: reply.and_then(|reply| reply.code),
            period: Period { started: self.started, duration },
        };
        let client = self.call.get().map(|call| ClientSpan {
            operation: call.operation.spec.id,
            return_code: call.code,
            fault: match call.label {
                CodeLabel::Known(0) => None,
                CodeLabel::Known(code) => Some(code.to_string()),
                CodeLabel::Word(word) => Some(word.to_owned()),
            },
            period: Period { started: call.ended - call.duration, duration: call.duration },
        });
        (server, client)
    }
}

fn label(operation: &Row, error: &centagate::Error) -> CodeLabel {
    match error {
        centagate::Error::Refused(code) => match operation.call.meaning(*code) {
            Meaning::Undocumented => CodeLabel::Word("other"),
            _ => CodeLabel::Known(code.get()),
        },
        centagate::Error::NotSent(NotSent::ShareOfCaller) => CodeLabel::Word("caller_share"),
        centagate::Error::NotSent(_) => CodeLabel::Word("not_sent"),
        centagate::Error::TimedOut => CodeLabel::Word("timed_out"),
        centagate::Error::ConnectionLost(_) => CodeLabel::Word("connection_lost"),
        centagate::Error::Unreadable(_) => CodeLabel::Word("unreadable"),
    }
}

impl Drop for RequestRecord {
    fn drop(&mut self) {
        let reply = self.reply.get();
        let call = self.call.get();
        let status = reply.map_or(CALLER_GONE, |reply| reply.status);
        let duration = reply.map_or_else(|| self.started.elapsed(), |reply| reply.duration);
        self.metrics.requests.count(self.route, self.method, status, self.caller.get(), duration);
        let unreadable_object = self.unreadable_object.get().is_some();
        let trace_id = self.trace.export(|| self.spans(duration));
        macro_rules! log {
            ($level:ident) => {
                $level!(
                    request_id = self.request_id,
                    trace_id = trace_id.map(tracing::field::display),
                    caller = self.caller.get().map(AsRef::as_ref),
                    credential_fault = self.credential_fault.get().copied(),
                    method = self.method,
                    route = self.route,
                    status,
                    code = reply.and_then(|reply| reply.code),
                    duration_ms = fine_milliseconds(duration),
                    operation = call.map(|call| call.operation.spec.id),
                    upstream_code = call.and_then(|call| call.code),
                    upstream_fault = call.and_then(|call| call.fault.as_deref()),
                    upstream_duration_ms = call.map(|call| fine_milliseconds(call.duration)),
                    unreadable_object = unreadable_object.then_some(true),
                    outcome = call.map(|call| call.outcome),
                    idempotency = self.idempotency.get().map(|result| result.as_str()),
                    "{}",
                    if reply.is_some() { "request" } else { "request whose caller disconnected" }
                )
            };
        }
        // A `tracing` macro has a fixed level.
        if unreadable_object { log!(warn) } else { log!(info) }
    }
}
