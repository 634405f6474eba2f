//! Ten thousand hostile ids in every operation with an id. None of them changes the path of a call or the user in it.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

use crate::gateway::Setup;
use crate::hostile_id::hostile_id;
use crate::operations::{Operation, let_calls_succeed, operations};
use crate::random::Random;
use crate::raw;

/// An admin's name that would change the path if it were not encoded.
const ADMIN: &str = "root/../x?y";

const IDS: u64 = 10_000;
const CONNECTIONS: u64 = 4;

/// The expected result of a request.
#[derive(Debug, PartialEq)]
enum Expected {
    /// The call of this operation, for this user.
    Call(&'static str, String),
    /// A fault of the parameter `id`.
    Refused,
    /// A route without this method.
    WrongMethod,
    NoRoute,
}

/// Decodes once and strictly, according to RFC 3986 and the contract. It uses no code of the product.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?,
            other => other,
        });
    }
    let name = String::from_utf8(bytes).ok()?;
    let control = |letter: char| matches!(u32::from(letter), 0..0x20 | 0x7f..0xa0);
    let legal = (1..256).contains(&name.chars().count()) && !name.chars().any(control) && name != "." && name != "..";
    legal.then_some(name)
}

/// The operations whose pattern matches `path`, each with the segment in the place of `{id}`.
fn routes(path: &str) -> Vec<(&'static Operation, &str)> {
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    operations().iter().filter_map(|operation| Some((operation, id_of(operation.path, path)?))).collect()
}

/// The example body of the operation that `path` reaches. The id may change which operation that is.
fn body(method: &str, path: &str) -> String {
    let reached = routes(path).into_iter().find(|(operation, _)| operation.method == method);
    reached.map_or_else(String::new, |(operation, _)| operation.text_of("alice"))
}

fn expected(method: &str, path: &str) -> Expected {
    let routes = routes(path);
    match routes.iter().find(|(operation, _)| operation.method == method) {
        Some((operation, id)) => decode(id).map_or(Expected::Refused, |name| Expected::Call(operation.id, name)),
        None if routes.is_empty() => Expected::NoRoute,
        None => Expected::WrongMethod,
    }
}

/// The segment in the place of `{id}` if `path` matches `pattern`, or "" if the pattern has no id.
fn id_of<'a>(pattern: &str, path: &'a str) -> Option<&'a str> {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    // A path with a slash at its end is not a route.
    if pattern.len() != path.len() || path.last() == Some(&"") {
        return None;
    }
    let mut id = "";
    for (expected, segment) in pattern.into_iter().zip(path) {
        match expected {
            "{id}" => id = segment,
            "{kind}" => {}
            fixed if fixed == segment => {}
            _ => return None,
        }
    }
    Some(id)
}

/// Whether the request target is invalid: it may only contain the characters of RFC 3986.
fn is_no_target(path: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    !path.bytes().all(legal)
}

/// A connection that reconnects if the gateway closes it.
struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// The status and the body of the reply, or `None` if the connection ended without one.
    async fn send(&mut self, operation: &Operation, path: &str) -> Option<(u16, Value)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(self.address).await.ok()?),
        };
        let request = operation.raw_request_to(path, &raw::usual_headers(), &body(operation.method, path));
        stream.write_all(&request).await.ok()?;
        let (mut status, mut length, mut ends) = (0, 0, false);
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().ok()?;
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().ok()?;
            } else if line == "connection: close" {
                ends = true;
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.ok()?;
        if !ends && status != 400 {
            self.stream = Some(stream);
        }
        (status > 0).then(|| (status, serde_json::from_slice(&body).unwrap_or_default()))
    }
}

/// Sends a share of the ids. Returns how often each status occurred, and the expected calls.
async fn attack(address: SocketAddr, seed: u64) -> (BTreeMap<u16, usize>, Vec<(String, String)>) {
    let mut random = Random::seeded(seed);
    let mut connection = Connection { address, stream: None };
    let (mut counts, mut calls) = (BTreeMap::new(), Vec::new());
    let with_id = operations().iter().filter(|operation| operation.has_id()).cycle();
    for operation in with_id.take(usize::try_from(IDS / CONNECTIONS).unwrap()) {
        let path = operation.path_with_id(&hostile_id(&mut random));
        let reply = timeout(Duration::from_secs(10), connection.send(operation, &path)).await.expect(&path);
        // The reply to an invalid request line may be lost, because the gateway closes the connection while the body
        // arrives.
        let (status, reply) = reply.unwrap_or((400, Value::Null));
        *counts.entry(status).or_default() += 1;
        if status == 400 {
            assert!(reply.is_null() && is_no_target(&path), "{path}: {reply}");
            continue;
        }
        match (status, expected(operation.method, &path)) {
            (200..300, Expected::Call(id, name)) => {
                assert!(reply.get("username").is_none_or(|username| *username == name), "{path}: {reply}");
                calls.push((crate::operations::operation(id).upstream_path_of(ADMIN), name));
            }
            (422, Expected::Refused) => {
                let errors = reply["errors"].as_array().expect(&path);
                assert!(errors.len() == 1 && errors[0]["parameter"] == "id", "{path}: {reply}");
            }
            (404, Expected::NoRoute) => assert_eq!(reply["code"], "not_found", "{path}"),
            (405, Expected::WrongMethod) => assert_eq!(reply["code"], "method_not_allowed", "{path}"),
            (_, expected) => panic!("{} {path}: {status} instead of {expected:?}: {reply}", operation.method),
        }
    }
    (counts, calls)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_is_one_username_or_refused_and_never_part_of_a_path() {
    let gateway = Setup::new().admin(ADMIN, "token", "code").without_rate_limit().start().await;
    let_calls_succeed(&gateway.simulator);
    let mut attacks = JoinSet::new();
    for seed in 0..CONNECTIONS {
        attacks.spawn(attack(gateway.address, seed << 32));
    }
    let (mut counts, mut expected) = (BTreeMap::<u16, usize>::new(), Vec::new());
    while let Some(attack) = attacks.join_next().await {
        let (some, calls) = attack.expect("replies as expected");
        for (status, count) in some {
            *counts.entry(status / 100 * 100 + if status < 300 { 0 } else { status % 100 }).or_default() += count;
        }
        expected.extend(calls);
    }
    println!("{counts:?}");
    for (status, least) in [(200, 2000), (404, 500), (405, 100), (422, 2000), (400, 1)] {
        assert!(counts.get(&status).is_some_and(|count| *count >= least), "too few of {status}: {counts:?}");
    }
    let requests = gateway.simulator.requests();
    let mut made: Vec<_> = requests
        .into_iter()
        .map(|request| {
            let mut names = request.members.iter().filter(|(member, _)| member.to_lowercase().ends_with("username"));
            let name = names.next().and_then(|(_, name)| name.as_str()).expect("a name").to_owned();
            (request.path.clone(), name)
        })
        .collect();
    made.sort();
    expected.sort();
    assert!(made == expected, "CENTAGATE got exactly the calls that the paths name");
}
