//! Rows of the fault matrix: replies that do not come from CENTAGATE, replies without a code, and unusual replies.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::fault_row::{
    EXECUTED, FAILED, REFUSED, Row, TIMED_OUT, UNDOCUMENTED, UNREADABLE, Verdict, fault, http, success,
};
use crate::fault_server::Fault;
use crate::operations;
use crate::planted::{self, PASSCODE};

pub(crate) fn rows() -> impl Iterator<Item = Row> {
    [not_200(), no_envelope(), no_code(), envelopes(), unusual(), compressed()].into_iter().flatten()
}

/// A reply with HTTP status 200 and this body.
fn answer(body: impl AsRef<[u8]>, verdict: Verdict) -> Row {
    let body = body.as_ref();
    let name = format!("{:.50} of {} bytes", String::from_utf8_lossy(body), body.len());
    fault(&name, Fault::Send(http("200 OK", "Content-Type: application/json\r\n", body)), verdict)
}

fn not_200() -> Vec<Row> {
    let success = success();
    let html = "Content-Type: text/html\r\n";
    let location = format!("Location: /{PASSCODE}?{}\r\n", planted::secrets()[2]);
    let refusal = r#"{"code":"10002"}"#;
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
        r#"["10002",""]"#,
        &format!("[{success}]"),
        r#"{"code":"0","code":"10002"}"#,
        r#"{"code":"10002","code":"0"}"#,
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
    // On a slow machine, the deadline may come before the limit.
    let verdicts = vec![UNREADABLE, TIMED_OUT];
    rows.push(Row { verdicts, ..fault("endless chunks", Fault::Endless(endless, blanks), UNREADABLE) });
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
    for body in ["{}", r#"{"message":"Success","object":""}"#, r#"{"Code":"zero"}"#] {
        rows.push(answer(body, UNREADABLE));
    }
    rows
}

fn envelopes() -> Vec<Row> {
    let mut rows: Vec<_> = [
        (r#""10002""#, REFUSED),
        ("10002", REFUSED),
        ("10002.0", REFUSED),
        (r#""10004""#, FAILED),
        (r#""99999""#, UNDOCUMENTED),
    ]
    .into_iter()
    .map(|(code, verdict)| answer(format!(r#"{{"code":{code},"message":"{PASSCODE}","object":""}}"#), verdict))
    .collect();
    for code in [r#""0""#, "0", "0.0"] {
        rows.push(answer(success().replace(r#""0""#, code), EXECUTED));
    }
    rows
}

/// Replies in the style of proxies and other servers.
fn unusual() -> Vec<Row> {
    let success = success();
    let mut nested =
        serde_json::from_str::<Value>(operations::success()["object"].as_str().expect("text")).expect("JSON");
    nested["note"] = "two\nlines".into();
    let nested = nested.to_string().replace("\\n", "\n");
    let byte_order_mark = "\u{feff}";
    [
        (format!("{byte_order_mark}{success}"), EXECUTED),
        (success.replace("Success", "two\r\nlines\t\u{1}\0"), EXECUTED),
        (success.replace("object", "Object"), EXECUTED),
        (success.replace("object", "OBJECT").replacen("\"code\"", "\"Code\"", 1), EXECUTED),
        (json!({ "code": "0", "object": format!("{byte_order_mark}{nested}") }).to_string(), EXECUTED),
        (format!("{byte_order_mark}{{\"Code\":\"10002\",\"message\":\"two\nlines\"}}"), REFUSED),
        (format!("{byte_order_mark}{byte_order_mark}{success}"), UNREADABLE),
        (format!("{success}\0"), UNREADABLE),
        (byte_order_mark.to_owned(), UNREADABLE),
    ]
    .into_iter()
    .map(|(body, verdict)| answer(body, verdict))
    .collect()
}

/// Compressed replies, although the request asked for none.
fn compressed() -> Vec<Row> {
    let coded = |name: &str, coding: &str, body: &[u8], verdict| {
        let headers = format!("Content-Encoding: {coding}\r\n");
        fault(name, Fault::Send(http("200 OK", &headers, body)), verdict)
    };
    let whole = gzip(success().as_bytes());
    let marked = gzip(format!("\u{feff}{}", success()).as_bytes());
    let padded = gzip((success() + &" ".repeat(256 * 1024)).as_bytes());
    vec![
        coded("gzip", "gzip", &whole, EXECUTED),
        coded("gzip with a byte order mark", "x-gzip", &marked, EXECUTED),
        coded("identity", "identity", success().as_bytes(), EXECUTED),
        coded("gzip of a refusal", "GZIP", &gzip(br#"{"code":"10002"}"#), REFUSED),
        coded("gzip of more than 256 KiB", "gzip", &padded, UNREADABLE),
        coded("gzip that ends early", "gzip", &whole[..whole.len() - 9], UNREADABLE),
        coded("no gzip, announced as gzip", "gzip", success().as_bytes(), UNREADABLE),
        coded("gzip, announced as br", "br", &whole, UNREADABLE),
        fault("gzip, not announced", Fault::Send(http("200 OK", "", &whole)), UNREADABLE),
    ]
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}
