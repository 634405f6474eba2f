//! Every way in which CENTAGATE, or the way to it, can fail a call, and what is promised for each.

use std::sync::LazyLock;

use centagate_simulator::Tls;
use serde_json::json;

use crate::certificates::Authority;
use crate::fault_server::Fault;
use crate::planted::{self, PASSCODE, QR};

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

const NOT_SENT: Verdict = verdict(503, "centagate_unavailable", "notExecuted", "not_sent");
const LOST: Verdict = verdict(502, "centagate_unexpected", "unknown", "connection_lost");
const UNREADABLE: Verdict = verdict(502, "centagate_unexpected", "unknown", "unreadable");
const TIMED_OUT: Verdict = verdict(504, "centagate_timeout", "unknown", "timed_out");
const TAKEN: Verdict = refused(22025, "22025", verdict(409, "username_taken", "notExecuted", ""));
const FAILED: Verdict = refused(10004, "10004", verdict(502, "centagate_failed", "unknown", ""));
const NOT_KNOWN: Verdict = refused(99_999, "other", UNREADABLE);
const EXECUTED: Verdict = Verdict { status: 201, code: None, outcome: "executed", upstream_code: Some(0), metric: "0" };

pub(crate) fn rows() -> Vec<Row> {
    [unreachable(), without_tls(), lost(), late(), not_200(), no_envelope(), no_code(), envelopes()]
        .into_iter()
        .flatten()
        .collect()
}

fn row(name: impl Into<String>, upstream: Upstream, verdict: Verdict) -> Row {
    Row { name: name.into(), upstream, primed: false, verdicts: vec![verdict], told: "" }
}

fn fault(name: &str, fault: Fault, verdict: Verdict) -> Row {
    row(name, Upstream::Faults(vec![fault]), verdict)
}

/// A reply with HTTP status 200 that holds `body`.
fn answer(body: impl AsRef<[u8]>, verdict: Verdict) -> Row {
    let body = body.as_ref();
    let name = format!("{:.50} of {} bytes", String::from_utf8_lossy(body), body.len());
    fault(&name, Fault::Send(http("200 OK", "Content-Type: application/json\r\n", body)), verdict)
}

fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// A reply that CENTAGATE gives where all is well; it holds the planted passcode.
fn success() -> String {
    let object = json!({ "qr": QR, "passcode": PASSCODE }).to_string();
    json!({ "code": "0", "message": format!("Success {PASSCODE}"), "object": object }).to_string()
}

fn unreachable() -> Vec<Row> {
    vec![
        Row { told: "cannot connect", ..row("refused", Upstream::RefusingPort, NOT_SENT) },
        Row { told: "cannot connect", ..row("never accepts, and the backlog is full", Upstream::FullPort, NOT_SENT) },
        // The system takes the request, and whoever accepts later could still read it.
        row("never accepts", Upstream::NeverAcceptingPort, TIMED_OUT),
        Row { verdicts: vec![NOT_SENT, LOST], ..fault("accepts, then closes", Fault::CloseUnread, LOST) },
    ]
}

fn without_tls() -> Vec<Row> {
    let tls = |name, tls, told| Row { told, ..row(name, Upstream::Tls(tls), NOT_SENT) };
    let no_tls = |name, fault| row(name, Upstream::FaultsInsteadOfTls(vec![fault]), NOT_SENT);
    let expired = "the certificate is expired or not yet valid: renew it, or set this machine's clock";
    let wrong_host = "the certificate is for another host: centagate.base_url must name a host that it names";
    let unknown_ca = "set centagate.ca_certificate_file to the CA's certificate";
    vec![
        tls("TLS expired", CA.issue_expired("localhost"), expired),
        tls("TLS not yet valid", CA.issue_early("localhost"), expired),
        tls("TLS wrong host", CA.issue("elsewhere.example"), wrong_host),
        tls("TLS unknown CA", Authority::new("Other CA").issue("localhost"), unknown_ca),
        no_tls("silent at the greeting", Fault::Silence),
        no_tls("closed at the greeting", Fault::Close),
        no_tls("plain HTTP at the greeting", Fault::SendAndClose(http("400 Bad Request", "", "plain HTTP"))),
    ]
}

fn lost() -> Vec<Row> {
    let half = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", success()).into_bytes();
    let chunk = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"cod".to_vec();
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec();
    let lost = |name, what| fault(name, what, LOST);
    let garbage =
        |text: &[u8]| fault(&format!("garbage {}", text.escape_ascii()), Fault::SendAndClose(text.to_vec()), LOST);
    let success = || Fault::Send(http("200 OK", "", success()));
    let primed = |name, faults| Row { primed: true, ..row(name, Upstream::Faults(faults), LOST) };
    let gone = Fault::SendAndClose(http("200 OK", "", self::success()));
    vec![
        lost("closed after the request", Fault::Close),
        lost("reset after the request", Fault::Reset),
        lost("reset amid the request", Fault::ResetEarly),
        lost("closed amid the head", Fault::SendAndClose(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec())),
        lost("reset after the head", Fault::SendAndReset(head)),
        lost("reset mid-body", Fault::SendAndReset(half.clone())),
        lost("reset mid-chunk", Fault::SendAndReset(chunk.clone())),
        lost("truncated length", Fault::SendAndClose(half)),
        lost("truncated chunk", Fault::SendAndClose(chunk)),
        lost("a head without end", Fault::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: more\r\n".repeat(100))),
        garbage(b"SSH-2.0-OpenSSH_9.2\r\n"),
        garbage(b"\x15\x03\x01\x00\x02\x02\x46"),
        garbage(b"HTTP/1.1 99999 OK\r\n\r\n"),
        primed("a reused connection, closed under the request", vec![success(), Fault::Close, success(), Fault::Close]),
        primed("a reused connection, reset under the request", vec![success(), Fault::Reset, success(), Fault::Reset]),
        Row {
            verdicts: vec![EXECUTED, LOST, NOT_SENT],
            ..primed("a kept connection, closed before the request", vec![gone])
        },
    ]
}

fn late() -> Vec<Row> {
    let late = |name, what| fault(name, what, TIMED_OUT);
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".to_vec();
    vec![
        late("silent", Fault::Silence),
        late("half a head", Fault::Send(b"HTTP/1.1 200 OK\r\n".to_vec())),
        late("half a body", Fault::Send([&head[..], b"{\"code\":\"0\""].concat())),
        late("nothing but an interim reply", Fault::Send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec())),
        late("a head of one byte per 200 ms", Fault::Drip(Vec::new(), head.clone())),
        late("a body of one byte per 200 ms", Fault::Drip(head, success().into_bytes())),
    ]
}

fn not_200() -> Vec<Row> {
    let success = success();
    let html = "Content-Type: text/html\r\n";
    let location = format!("Location: /{PASSCODE}?{}\r\n", planted::secrets()[2]);
    let refusal = r#"{"code":"22025"}"#;
    let mut rows: Vec<_> = [
        ("201 Created", "", &*success),
        ("202 Accepted", "", &*success),
        ("204 No Content", "", ""),
        ("301 Moved Permanently", &*location, ""),
        ("302 Found", &location, ""),
        ("303 See Other", &location, ""),
        ("307 Temporary Redirect", &location, ""),
        ("308 Permanent Redirect", &location, ""),
        ("400 Bad Request", "", &*success),
        ("401 Unauthorized", "", &*success),
        ("403 Forbidden", "", refusal),
        ("404 Not Found", html, "<html>"),
        ("429 Too Many Requests", "", &*success),
        ("429 Too Many Requests", "Retry-After: 1\r\n", &*success),
        ("500 Internal Server Error", "", r#"{"code":"10004"}"#),
        ("502 Bad Gateway", html, "<html><body>Bad Gateway</body></html>"),
        ("503 Service Unavailable", "", &*success),
        ("503 Service Unavailable", "Retry-After: 1\r\n", refusal),
    ]
    .into_iter()
    .map(|(status, headers, body)| {
        fault(format!("{status} {headers}").trim_end(), Fault::Send(http(status, headers, body)), UNREADABLE)
    })
    .collect();
    let maintenance = http("200 OK", html, format!("<html><body>Maintenance {PASSCODE}</body></html>"));
    let upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    rows.push(fault("101 Switching Protocols", Fault::SendAndClose(upgrade.to_vec()), UNREADABLE));
    rows.push(fault("200 with HTML", Fault::Send(maintenance), UNREADABLE));
    rows.push(fault("200 of another content type", Fault::Send(http("200 OK", html, success)), EXECUTED));
    rows
}

fn no_envelope() -> Vec<Row> {
    let success = success();
    let brackets = |count| ["[".repeat(count), "]".repeat(count)].concat();
    let deep = brackets(10_000);
    let padded = |length: usize| success.clone() + &" ".repeat(length - success.len());
    let endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n".to_vec();
    let blanks = [&b"400\r\n"[..], &[b' '; 1024], b"\r\n"].concat();
    let mut rows: Vec<_> = [
        "",
        " ",
        &success[..success.len() / 2],
        &format!("{success}x"),
        "\"0\"",
        "0",
        "null",
        "true",
        "[]",
        r#"["0"]"#,
        r#"["0","1"]"#,
        r#"["22025",""]"#,
        &format!("[{success}]"),
        r#"{"code":"0","code":"22025"}"#,
        r#"{"code":"22025","code":"0"}"#,
        r#"{"code":"0","object":"a","object":"b"}"#,
        &format!(r#"{{"code":"0","object":{deep}}}"#),
        &format!(r#"{{"code":{deep}}}"#),
        &padded(256 * 1024 + 1),
        &padded(10 * 1024 * 1024),
    ]
    .into_iter()
    .map(|body| answer(body, UNREADABLE))
    .collect();
    rows.push(answer(b"{\"code\":\"0\",\"object\":\"\xff\"}", UNREADABLE));
    rows.push(fault("endless chunks", Fault::Endless(endless, blanks), UNREADABLE));
    rows.push(answer(padded(256 * 1024), EXECUTED));
    rows
}

fn no_code() -> Vec<Row> {
    let codes = [
        "null",
        "true",
        r#""""#,
        r#"" ""#,
        r#""zero""#,
        r#""0x0""#,
        r#""0.5""#,
        "0.5",
        "1e300",
        "1e999",
        r#"["0"]"#,
        r#"{"0":0}"#,
        r#""99999999999999999999""#,
        "99999999999999999999",
    ];
    let mut rows: Vec<_> = codes.into_iter().map(|code| answer(format!(r#"{{"code":{code}}}"#), UNREADABLE)).collect();
    for body in ["{}", r#"{"message":"Success","object":""}"#, r#"{"Code":"0"}"#] {
        rows.push(answer(body, UNREADABLE));
    }
    rows
}

fn envelopes() -> Vec<Row> {
    let mut rows: Vec<_> = [
        (r#""22025""#, TAKEN),
        ("22025", TAKEN),
        ("22025.0", TAKEN),
        (r#""10004""#, FAILED),
        (r#""99999""#, NOT_KNOWN),
    ]
    .into_iter()
    .map(|(code, verdict)| answer(format!(r#"{{"code":{code},"message":"{PASSCODE}","object":""}}"#), verdict))
    .collect();
    for code in [r#""0""#, "0", "0.0"] {
        rows.push(answer(success().replace(r#""0""#, code), EXECUTED));
    }
    rows
}
