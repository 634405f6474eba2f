//! Requests whose end is ambiguous. Each is either refused or read in exactly one way.
//!
//! A row contains the bytes of one connection. A second, complete request (the smuggled request) is placed where a
//! wrong parser would find it.

use crate::gateway::TestGateway;
use crate::raw;
use crate::wire_row::{Row, any, body, chunked, expect, head, post, smuggled, statuses};

/// Two chunks. `size` is the size line of the first one; `{}` stands for its length.
fn sized(size: &str, body: &str) -> String {
    format!("{}\r\n{body}\r\n0\r\n\r\n", size.replace("{}", &format!("{:x}", body.len())))
}

fn lengths() -> Vec<Row> {
    let (body, smuggled) = (body(), smuggled());
    let (length, both) = (body.len(), format!("{body}{smuggled}"));
    let with = |value: String, statuses, users| post(&format!("Content-Length: {value}"), &both, statuses, users);
    vec![
        with(length.to_string(), &[201, 201], 2), // two requests, one after the other
        with(format!("{length}\r\nContent-Length: {length}"), &[400], 0),
        with(format!("{length}\r\nContent-Length: {}", both.len()), &[400], 0),
        with(format!("{length}\r\ncontent-length: 0"), &[400], 0),
        with(format!("0\r\nContent-Length: {length}"), &[400], 0),
        with(format!("{length}, {length}"), &[400], 0),
        with(format!("{length},"), &[400], 0),
        with(format!("+{length}"), &[400], 0),
        with(format!("-{length}"), &[400], 0),
        with(format!("0{length}"), &[201, 201], 2), // 1*DIGIT (RFC 9110, section 8.6)
        with(format!("0x{length:x}"), &[400], 0),
        with(format!("{length}.0"), &[400], 0),
        with(format!("{length};x"), &[400], 0),
        with(format!("\"{length}\""), &[400], 0),
        with(format!("{length} {length}"), &[400], 0),
        with(format!("\t {length} \t"), &[201, 201], 2), // blanks around a value do not belong to it
        with(String::new(), &[400], 0),
        with(format!("{length}\x0b"), &[400], 0),
        with("18446744073709551616".into(), &[400], 0),
        with(format!("{}", (1_u128 << 64) + length as u128), &[400], 0),
    ]
}

fn codings() -> Vec<Row> {
    let (body, smuggled) = (body(), smuggled());
    let (chunks, length) = (chunked(&body), body.len());
    let both = format!("{chunks}{smuggled}");
    let with = |value: &str, statuses, users| post(&format!("Transfer-Encoding: {value}"), &both, statuses, users);
    vec![
        with("chunked", &[201, 201], 2),
        with("Chunked", &[201, 201], 2),
        with("gzip, chunked", &[400], 0),
        with("chunked, gzip", &[400], 0),
        with("chunked, chunked", &[400], 0),
        with("chunked, identity", &[400], 0),
        with("identity", &[400], 0),
        with("xchunked", &[400], 0),
        with("chunkedx", &[400], 0),
        with("chunked;q=1", &[400], 0),
        with("\"chunked\"", &[400], 0),
        with("\x0bchunked", &[400], 0),
        with("chunked\x0c", &[400], 0),
        with("", &[400], 0),
        with(",chunked", &[400], 0),
        with("chunked\r\nTransfer-Encoding: chunked", &[400], 0),
        with("chunked\r\nTransfer-Encoding: identity", &[400], 0),
        with("identity\r\nTransfer-Encoding: chunked", &[400], 0),
        with(&format!("chunked\r\nContent-Length: {length}"), &[400], 0),
        with(&format!("chunked\r\nContent-Length: {}", both.len()), &[400], 0),
        with(&format!("identity\r\nContent-Length: {length}"), &[400], 0),
        post(&format!("Content-Length: {}\r\nTransfer-Encoding: chunked", both.len()), &both, &[400], 0),
        post("Content-Length: 5\r\nTransfer-Encoding: chunked", format!("0\r\n\r\n{smuggled}"), &[400], 0),
        post(&format!("Content-Length: {length}\r\nTransfer-Encoding: x"), &body, &[400], 0),
        post("Transfer-Encoding:\r\n chunked", &both, &[400], 0),
        post("Transfer-Encoding : chunked", &both, &[400], 0),
        post("Transfer_Encoding: chunked", &both, &[400, 400], 0),
        any(format!("{}Transfer-Encoding: chunked\r\n\r\n{both}", head().replace("HTTP/1.1", "HTTP/1.0")), &[400], 0),
    ]
}

fn chunks() -> Vec<Row> {
    let (body, smuggled) = (body(), smuggled());
    let length = body.len();
    let with = |chunks: String, statuses, users| {
        post("Transfer-Encoding: chunked", format!("{chunks}{smuggled}"), statuses, users)
    };
    let size = |size: &str| sized(size, &body);
    vec![
        with(size("0x{}"), &[400], 0),
        with(size("+{}"), &[400], 0),
        with(size("-{}"), &[400], 0),
        with(size("0000{}"), &[201, 201], 2), // 1*HEXDIG (RFC 9112, section 7.1)
        with(size("00000000000000000000{}"), &[201, 201], 2),
        with(size(" {}"), &[400], 0),
        with(size("{} "), &[201, 201], 2),
        with(size("{}\t"), &[201, 201], 2),
        with(size("{};name=value"), &[201, 201], 2),
        with(size("{};name=\"a b\""), &[201, 201], 2),
        with(size("{} ; name"), &[201, 201], 2),
        with(size("{};a\nb"), &[400], 0),
        with(size("{};a\rb"), &[400], 0),
        with(size("{};a\0b"), &[400], 0),
        with(size("{}g"), &[400], 0),
        with(size(""), &[400], 0),
        with(size("fffffffffffffffff"), &[400], 0),
        with(size(&format!("1000000000000000{length:x}")), &[400], 0),
        with(format!("{length:x}\n{body}\r\n0\r\n\r\n"), &[400], 0),
        with(format!("{length:x}\r{body}\r\n0\r\n\r\n"), &[400], 0),
        with(format!("{length:x}\r\n{body}\n0\r\n\r\n"), &[400], 0),
        with(format!("{length:x}\r\n{body}0\r\n\r\n"), &[400], 0),
        with(format!("{length:x}\r\n{body}xx\r\n0\r\n\r\n"), &[400], 0),
        with(format!("{:x}\r\n{body}\r\n0\r\n\r\n", length - 1), &[400], 0),
        with(format!("{length:x}\r\n{body}\r\n0\n\r\n"), &[400], 0),
        with(format!("{length:x}\r\n{body}\r\n0\r\n\n"), &[201, 400], 1),
        with(format!("{length:x}\r\n{body}\r\n000\r\n\r\n"), &[201, 201], 2),
        with(format!("{length:x}\r\n{body}\r\n0;a=b\r\n\r\n"), &[201, 201], 2),
        with(format!("{length:x}\r\n{body}\r\n0\r\nTrailer: x\r\n\r\n"), &[201, 201], 2),
        with(format!("{length:x}\r\n{body}\r\n0\r\nContent-Length: 5\r\n\r\n"), &[201, 201], 2),
        with(format!("5\r\n{}\r\n{:X}\r\n{}\r\n0\r\n\r\n", &body[..5], length - 5, &body[5..]), &[201, 201], 2),
        post("Transfer-Encoding: chunked", format!("{length:x}\r\n{body}\r\n"), &[400], 0), // the last chunk is missing
    ]
}

fn heads() -> Vec<Row> {
    let (body, smuggled) = (body(), smuggled());
    let length = format!("Content-Length: {}", body.len());
    let both = format!("{body}{smuggled}");
    let whole = |head: String, statuses, users| any(format!("{head}{length}\r\n\r\n{both}"), statuses, users);
    let also = |header: &str, statuses, users| whole(format!("{}{header}\r\n", head()), statuses, users);
    vec![
        whole(head().replace("Host: g\r\n", ""), &[400], 0),
        whole(head().replace("Host: g", "Host:"), &[201, 201], 2),
        also("Host: g", &[400], 0),
        also("Host: other", &[400], 0),
        also("host: other, g", &[400], 0),
        whole(head().replace("/users", "http://other/users"), &[201, 201], 2), // the host in the target is ignored
        whole(head().replace("/users", "http://g@other:1/users"), &[201, 201], 2),
        also("X-Folded: a\r\n b", &[400], 0),
        also("X-Folded: a\r\n\tb", &[400], 0),
        also(" X-Early: a", &[400], 0),
        also("X-Blank : a", &[400], 0),
        also("X-Tab\t: a", &[400], 0),
        also("X-Nul: a\0b", &[400], 0),
        also("X\0Nul: a", &[400], 0),
        also("X-Bare-CR: a\rb", &[400], 0),
        also("X-Bare-CR: a\r", &[400], 0),
        also("X-Bare-LF: a\nX-Next: b", &[201, 201], 2),
        also("X-Bare-LF: a\nContent-Length: 0", &[400], 0),
        also("X-Bare-LF: a\nTransfer-Encoding: chunked", &[400], 0),
        also(": no name", &[400], 0),
        also("no colon", &[400], 0),
        also("X-\u{fc}: a", &[400], 0),
        any(format!("{}{length}\n\n{both}", head()), &[201, 201], 2),
        any(format!("{}{length}\r\n\n{both}", head()), &[201, 201], 2),
        any(format!("{}{length}\r\r{both}", head()), &[400], 0),
        any(format!("\r\n{}{length}\r\n\r\n{both}", head()), &[201, 201], 2), // RFC 9112, section 2.2
        whole(head().replace("POST ", "POST  "), &[400], 0),
        whole(head().replace("POST /", "POST\t/"), &[400], 0),
        whole(head().replace(" HTTP/1.1", ""), &[400], 0),
        whole(head().replace(" HTTP/1.1", "  HTTP/1.1"), &[400], 0),
        whole(head().replace("HTTP/1.1", "http/1.1"), &[400], 0),
        whole(head().replace("HTTP/1.1", "HTTP/1.1 x"), &[400], 0),
        whole(head().replace("HTTP/1.1", "HTTP/2"), &[400], 0),
        also("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk", &[201, 400], 1), // the reply announces the end
    ]
}

/// Requests that are refused before their bodies are read. The body must not be read as a request.
fn refusals() -> Vec<Row> {
    let smuggled = smuggled();
    let length = smuggled.len();
    let chunks = chunked(&smuggled);
    let keyless = "Content-Type: application/json\r\n";
    let mut rows = Vec::new();
    for (line, headers, statuses) in [
        ("POST /users", keyless.to_owned(), &[401][..]),
        ("POST /nowhere", raw::usual_headers(), &[404]),
        ("GET /users", raw::usual_headers(), &[405]),
        ("GET /problems", String::new(), &[200]),
        ("HEAD /problems", String::new(), &[200]),
        ("POST /users", raw::usual_headers().replace("json", "xml"), &[415]),
        ("POST /users", raw::usual_headers(), &[400]),
    ] {
        let head = format!("{line} HTTP/1.1\r\nHost: g\r\n{headers}");
        rows.push(any(format!("{head}Content-Length: {length}\r\n\r\n{smuggled}"), statuses, 0));
        rows.push(any(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunks}"), statuses, 0));
        rows.push(any(
            format!("{head}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n{smuggled}"),
            statuses,
            0,
        ));
    }
    rows
}

/// Requests after which the gateway closes the connection, whatever follows (RFC 9112, section 9.6).
fn closing_requests() -> Vec<Row> {
    let (body, smuggled) = (body(), smuggled());
    let whole = |headers: &str, body: &str, statuses, users| {
        post(&format!("{headers}Content-Length: {}", body.len()), format!("{body}{smuggled}"), statuses, users)
    };
    let large = "x".repeat(99_999);
    vec![
        whole("Connection: close\r\n", &body, &[201], 1),
        whole("Connection: close\r\n", "{}", &[422], 0),
        whole("", &large, &[413], 0),
        post("Transfer-Encoding: chunked", format!("{}{smuggled}", chunked(&large)), &[413], 0),
    ]
}

#[tokio::test]
async fn an_invalid_or_ambiguous_content_length_is_refused() {
    expect(lengths()).await;
}

#[tokio::test]
async fn any_transfer_coding_except_chunked_is_refused() {
    expect(codings()).await;
}

#[tokio::test]
async fn chunks_are_read_up_to_their_sizes_or_refused() {
    expect(chunks()).await;
}

#[tokio::test]
async fn an_ambiguous_head_is_refused() {
    expect(heads()).await;
}

#[tokio::test]
async fn the_body_of_a_refused_request_is_never_the_next_request() {
    expect(refusals()).await;
}

#[tokio::test]
async fn no_request_after_a_reply_that_closes_the_connection_is_executed() {
    let gateway = TestGateway::start().await;
    for Row { sent, statuses: expected, users } in closing_requests() {
        let before = gateway.simulator.requests().len();
        let replies = statuses(&gateway, &sent).await;
        assert_eq!(replies[..1], *expected);
        let arrived = gateway.simulator.requests().len() - before;
        assert_eq!(arrived, users, "a request after {expected:?} is executed, too: {replies:?}");
    }
}
