//! Rows of the fault matrix: connections that fail, end too early, or stay silent.

use crate::certificates::Authority;
use crate::fault_row::{CA, EXECUTED, LOST, NOT_SENT, Row, TIMED_OUT, UNREADABLE, Upstream, fault, http, row, success};
use crate::fault_server::Fault;
use crate::operations::operations;

pub(crate) fn rows() -> impl Iterator<Item = Row> {
    [unreachable(), without_tls(), lost(), late(), endless()].into_iter().flatten()
}

fn unreachable() -> Vec<Row> {
    vec![
        Row { logged: "cannot connect", ..row("refused", Upstream::RefusingPort, NOT_SENT) },
        Row { logged: "cannot connect", ..row("never accepts, and the backlog is full", Upstream::FullPort, NOT_SENT) },
        // The kernel accepts the request. A program that accepts the connection later could still read it.
        row("never accepts", Upstream::NeverAcceptingPort, TIMED_OUT),
        Row { verdicts: vec![NOT_SENT, LOST], ..fault("accepts, then closes", Fault::CloseUnread, LOST) },
    ]
}

fn without_tls() -> Vec<Row> {
    let tls = |name, tls, logged| Row { logged, ..row(name, Upstream::Tls(tls), NOT_SENT) };
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
    // Each operation first sends a successful call.
    let primed = |name, faults: &[Fault]| {
        let faults = operations().iter().flat_map(|_| faults.to_vec()).collect();
        Row { primed: true, ..row(name, Upstream::Faults(faults), LOST) }
    };
    let closed = Fault::SendAndClose(http("200 OK", "", self::success()));
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
        // On a slow machine, the deadline may come before the limit.
        Row {
            verdicts: vec![LOST, TIMED_OUT],
            ..lost(
                "a head without end",
                Fault::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-More: more\r\n".repeat(100)),
            )
        },
        garbage(b"SSH-2.0-OpenSSH_9.2\r\n"),
        garbage(b"\x15\x03\x01\x00\x02\x02\x46"),
        garbage(b"HTTP/1.1 99999 OK\r\n\r\n"),
        primed("a reused connection, closed under the request", &[success(), Fault::Close]),
        primed("a reused connection, reset under the request", &[success(), Fault::Reset]),
        Row {
            verdicts: vec![EXECUTED, LOST, NOT_SENT],
            ..primed("a kept connection, closed before the request", &[closed])
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

/// Endless bytes without a pause. They must not keep the worker busy until the deadline or longer.
fn endless() -> Vec<Row> {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    // On a slow machine, the deadline may come before the limit.
    let endless = |name, first: &[u8], again: &[u8], verdict| Row {
        verdicts: vec![verdict, TIMED_OUT],
        ..fault(name, Fault::Endless(first.to_vec(), again.repeat(400)), verdict)
    };
    vec![
        endless("endless interim replies", b"", b"HTTP/1.1 100 Continue\r\n\r\n", UNREADABLE),
        endless("endless chunks of one byte", chunked, b"1\r\n \r\n", UNREADABLE),
        endless("an endless status line", b"HTTP/1.1 200 ", b"OK", LOST),
        endless("an endless chunk extension", chunked, b"1;x", LOST),
        endless("endless trailers", &[&chunked[..], b"0\r\n"].concat(), b"X-More: more\r\n", LOST),
    ]
}
