//! One fault of CENTAGATE's, or of the way to it, and what is promised where it is met.

use std::sync::LazyLock;

use centagate_simulator::Tls;
use serde_json::json;

use crate::certificates::Authority;
use crate::fault_server::Fault;
use crate::planted::{PASSCODE, QR};

/// The only CA that gateways trust here; it also spares them the system's, which take long to read.
pub(crate) static CA: LazyLock<Authority> = LazyLock::new(|| Authority::new("CA"));

/// One fault and how a call ends that meets it.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) upstream: Upstream,
    /// A call that succeeds comes before each that meets the fault.
    pub(crate) primed: bool,
    /// More than one where a race decides, each as true as the other.
    pub(crate) verdicts: Vec<Verdict>,
    /// Stands in the log as the fault.
    pub(crate) told: &'static str,
}

/// What stands where CENTAGATE should be.
pub(crate) enum Upstream {
    RefusingPort,
    FullPort,
    NeverAcceptingPort,
    /// A server that does this at each request.
    Faults(Vec<Fault>),
    /// The same, and the gateway expects TLS there.
    FaultsInsteadOfTls(Vec<Fault>),
    /// A server with this certificate.
    Tls(Tls),
}

/// How a call ends, in each place where that is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) status: u16,
    /// The problem's code.
    pub(crate) code: Option<&'static str>,
    pub(crate) outcome: &'static str,
    pub(crate) upstream_code: Option<i64>,
    /// The label of `gateway_centagate_calls_total`.
    pub(crate) metric: &'static str,
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
pub(crate) const TAKEN: Verdict = refused(22025, "22025", verdict(409, "username_taken", "notExecuted", ""));
pub(crate) const FAILED: Verdict = refused(10004, "10004", verdict(502, "centagate_failed", "unknown", ""));
pub(crate) const NOT_KNOWN: Verdict = refused(99_999, "other", UNREADABLE);
pub(crate) const EXECUTED: Verdict =
    Verdict { status: 201, code: None, outcome: "executed", upstream_code: Some(0), metric: "0" };

pub(crate) fn row(name: impl Into<String>, upstream: Upstream, verdict: Verdict) -> Row {
    Row { name: name.into(), upstream, primed: false, verdicts: vec![verdict], told: "" }
}

/// A server that does the same at each request.
pub(crate) fn fault(name: &str, fault: Fault, verdict: Verdict) -> Row {
    row(name, Upstream::Faults(vec![fault]), verdict)
}

/// A reply; `headers` end in CRLF.
pub(crate) fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A reply that CENTAGATE gives where all is well; it holds the planted passcode.
pub(crate) fn success() -> String {
    let object = json!({ "qr": QR, "passcode": PASSCODE }).to_string();
    json!({ "code": "0", "message": format!("Success {PASSCODE}"), "object": object }).to_string()
}
