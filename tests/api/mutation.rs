//! Valid requests with random mutations, from a fixed seed.

use crate::callers;
use crate::operations::operations;
use crate::random::Random;

/// A valid request of an operation or for another route.
fn valid(random: &mut Random) -> Vec<u8> {
    let (line, body) = match random.below(12) {
        0..8 => {
            let operation = &operations()[random.below(operations().len())];
            let username = *random.one_of(&[&"bob", &"alice", &"b o/b"]);
            (format!("{} {}", operation.method, operation.path_of(username)), operation.body_of(username))
        }
        8 => ("GET /problems".into(), None),
        9 => ("HEAD /docs/".into(), None),
        10 => ("GET /openapi.json".into(), None),
        _ => ("OPTIONS /nowhere?a=b".into(), None),
    };
    let mut request =
        format!("{line} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {}\r\n", callers::EVERYTHING).into_bytes();
    let Some(body) = body.map(|body| body.to_string()) else {
        request.extend_from_slice(b"\r\n");
        return request;
    };
    request.extend_from_slice(b"Content-Type: application/json\r\n");
    if random.below(3) == 0 {
        request.extend_from_slice(format!("Idempotency-Key: \"key-{}\"\r\n", random.below(50)).as_bytes());
    }
    let framed = match random.below(3) {
        0 => format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()),
        1 => format!("Expect: 100-continue\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
        _ => format!("Content-Length: {}\r\n\r\n{body}", body.len()),
    };
    request.extend_from_slice(framed.as_bytes());
    request
}

/// One to four pipelined requests with one to three mutations.
pub(crate) fn mutated(random: &mut Random) -> Vec<u8> {
    let mut request = valid(random);
    for _ in 0..[0, 0, 0, 1, 3][random.below(5)] {
        request.extend(valid(random));
    }
    for _ in 0..=random.below(3) {
        mutate(&mut request, random);
    }
    request
}

fn mutate(request: &mut Vec<u8>, random: &mut Random) {
    if request.is_empty() {
        return;
    }
    let at = random.below(request.len());
    let end = at + random.below(request.len() - at);
    match random.below(14) {
        0 => request[at] ^= 1 << random.below(8),
        1 => request[at] = 0,
        2 => request.truncate(at),
        3 => drop(request.drain(at..end)),
        4 => insert(request, at, &random.bytes(64)),
        5 => insert(request, at, b"\r\n"),
        6 => {
            let copy = request[at..end].to_vec();
            insert(request, at, &copy);
        }
        7 => insert(request, at, &vec![b'a'; 1 << random.below(19)]),
        8 => insert(request, at, &vec![b'['; 1 << random.below(14)]),
        9 => {
            let escape = random.one_of(&["%", "%zz", "%00", "%ff", "%2f", "\u{0}", "\u{202e}", "../", "\\"]);
            insert(request, at, escape.as_bytes());
        }
        10 => {
            let method = random.one_of(&["get ", "PRI ", "CONNECT ", "\u{0} ", "A-Z!~ ", " ", "", "POST\t"]);
            let end = request.iter().position(|byte| *byte == b' ').map_or(0, |blank| blank + 1);
            drop(request.splice(..end, method.bytes()));
        }
        _ => {
            let header = header(random);
            let starts: Vec<_> = request
                .windows(2)
                .enumerate()
                .filter(|(_, pair)| pair == b"\r\n")
                .map(|(start, _)| start + 2)
                .collect();
            let start = if starts.is_empty() { at } else { starts[random.below(starts.len())] };
            insert(request, start, &header);
        }
    }
}

fn insert(request: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    request.splice(at..at, bytes.iter().copied());
}

/// A header that contradicts other headers, or an invalid line.
fn header(random: &mut Random) -> Vec<u8> {
    let name = random.one_of(&[
        "Content-Length",
        "Transfer-Encoding",
        "Host",
        "Authorization",
        "Content-Type",
        "Connection",
        "Expect",
        "Idempotency-Key",
        "Upgrade",
        "X-Request-Id",
        "",
        "X Y",
    ]);
    let value = random.one_of(&[
        "-1",
        "0",
        "18446744073709551615",
        "18446744073709551616",
        "0x10",
        "1, 2",
        "chunked",
        "gzip, chunked",
        "chunked, identity",
        "close",
        "keep-alive, Upgrade",
        "h2c",
        "100-continue",
        "application/json; charset=utf-16",
        "Bearer ",
        "a.b.c",
        "\u{0}",
        "\u{e4}\u{2028}",
        "",
    ]);
    let mut line = format!("{name}: {value}").into_bytes();
    if random.below(4) == 0 {
        line.extend(random.bytes(32));
    }
    line.extend_from_slice(random.one_of(&[&b"\r\n"[..], b"\n", b"\r", b"\r\n "]));
    line
}
