//! A row of the fault matrix: one fault of CENTAGATE or of the connection, and the expected result.

use std::sync::LazyLock;

use centagate_simulator::Tls;

use crate::certificates::Authority;
use crate::fault_server::Fault;
use crate::operations::{self, Operation};

/// The only CA that the gateways trust. Loading the system's CAs would take long.
pub(crate) static CA: LazyLock<Authority> = LazyLock::new(|| Authority::new("CA"));

/// A fault, and the result of a call with this fault.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) upstream: Upstream,
    /// Whether a successful call precedes each faulty one.
    pub(crate) primed: bool,
    /// The possible results. There are several if a race decides.
    pub(crate) verdicts: Vec<Verdict>,
    /// A part of `upstream_fault` in the log.
    pub(crate) logged: &'static str,
}

/// The upstream of a row.
pub(crate) enum Upstream {
    RefusingPort,
    FullPort,
    NeverAcceptingPort,
    /// A server with one fault per request. The last fault repeats.
    Faults(Vec<Fault>),
    /// The same server, but the gateway expects TLS.
    FaultsInsteadOfTls(Vec<Fault>),
    /// A server with this certificate.
    Tls(Tls),
}

/// The result of a call in the reply, the log, the audit trail and the metrics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    /// The status of the reply, or 0 for the operation's success status.
    pub(crate) status: u16,
    /// The problem's code.
    pub(crate) code: Option<&'static str>,
    pub(crate) outcome: &'static str,
    pub(crate) upstream_code: Option<i64>,
    /// The label of `gateway_centagate_calls_total`.
    pub(crate) metric: &'static str,
}

impl Verdict {
    /// The status of the reply of `operation`.
    pub(crate) fn status_in(&self, operation: &Operation) -> u16 {
        if self.code.is_none() { operation.success } else { self.status }
    }
}

const fn verdict(status: u16, code: &'static str, outcome: &'static str, metric: &'static str) -> Verdict {
    Verdict { status, code: Some(code), outcome, upstream_code: None, metric }
}

const fn refused(upstream_code: i64, metric: &'static str, verdict: Verdict) -> Verdict {
    Verdict { upstream_code: Some(upstream_code), metric, ..verdict }
}

pub(crate) const NOT_SENT: Verdict = verdict(503, "centagate_unavailable", "notExecuted", "not_sent");
pub(crate) const LOST: Verdict = verdict(502, "centagate_unexpected", "unknown", "connection_lost");
pub(crate) const UNREADABLE: Verdict = verdict(502, "centagate_unexpected", "unknown", "unreadable");
pub(crate) const TIMED_OUT: Verdict = verdict(504, "centagate_timeout", "unknown", "timed_out");
pub(crate) const REFUSED: Verdict = refused(10002, "10002", verdict(422, "rejected_by_centagate", "notExecuted", ""));
pub(crate) const FAILED: Verdict = refused(10004, "10004", verdict(502, "centagate_failed", "unknown", ""));
pub(crate) const UNDOCUMENTED: Verdict = refused(99_999, "other", UNREADABLE);
pub(crate) const EXECUTED: Verdict =
    Verdict { status: 0, code: None, outcome: "executed", upstream_code: Some(0), metric: "0" };

pub(crate) fn row(name: impl Into<String>, upstream: Upstream, verdict: Verdict) -> Row {
    Row { name: name.into(), upstream, primed: false, verdicts: vec![verdict], logged: "" }
}

/// A row whose server has the same fault for each request.
pub(crate) fn fault(name: &str, fault: Fault, verdict: Verdict) -> Row {
    row(name, Upstream::Faults(vec![fault]), verdict)
}

/// An HTTP reply. Each of `headers` ends in CRLF.
pub(crate) fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// CENTAGATE's reply to a successful call, with the planted secrets.
pub(crate) fn success() -> String {
    operations::success().to_string()
}
