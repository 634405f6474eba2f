//! Ten thousand ids that nobody means well with: none of them moves a request to another place or another user.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use centagate_simulator::{Behaviour, Instruction};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Duration, timeout};

use crate::gateway::{Setup, token};
use crate::raw;

const IDS: u64 = 10_000;
const CONNECTIONS: u64 = 4;

/// What stands in a path where somebody wants to break out of it, and what only looks like it.
const PIECES: [&str; 80] = [
    ".",
    "..",
    "...",
    "%2e",
    "%2E%2e",
    "%252e",
    "/",
    "//",
    "%2F",
    "%2f",
    "%252F",
    "%25252f",
    "\\",
    "%5c",
    "%5C..%5C",
    "/..",
    "/../",
    "/.",
    "%2f..%2f",
    "..;",
    "..;/",
    ";a=b",
    "%3b",
    "?",
    "?a=b",
    "%3F",
    "%3f",
    "#",
    "%23",
    "&",
    "=",
    "+",
    "%20",
    "%2B",
    "@",
    ":",
    "%3A",
    "!",
    "*",
    "'",
    "(",
    ")",
    ",",
    "$",
    "~",
    "|",
    "\"",
    "{",
    "}",
    "<",
    ">",
    "^",
    "`",
    "[",
    "]",
    "%",
    "%%",
    "%2",
    "%G0",
    "%0",
    "%00",
    "%0d%0a",
    "%0A",
    "%09",
    "%7F",
    "%C2%85",
    "%C3%BC",
    "%c3%bc",
    "u%CC%88",
    "%C3",
    "%C0%AF",
    "%E0%80%AF",
    "%ED%A0%80",
    "%F4%90%80%80",
    "%F0%9F%98%80",
    "%E2%80%AE",
    "%FF",
    "%u002F",
    "ü",
    "😀",
];
const WORDS: [&str; 12] = [
    "alice",
    "Alice",
    "%61lice",
    "root",
    "admin",
    "otp-token",
    "users",
    "CentagateWS",
    "webresources",
    "onetimepin",
    "otp-token?",
    "x/otp-token?y",
];

/// A generator of numbers (SplitMix64): the same ones every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }
}

fn id(numbers: &mut Numbers) -> String {
    match numbers.below(20) {
        0 => "a".repeat(250 + numbers.below(10)),
        1 => "%C3%BC".repeat(250 + numbers.below(10)),
        2..6 => (0..=numbers.below(4)).fold(String::new(), |id, _| {
            let byte = numbers.below(256);
            id + "%" + &hex::encode([u8::try_from(byte).unwrap()])
        }),
        _ => {
            let parts = (0..=numbers.below(5)).map(|_| match numbers.below(3) {
                0 => WORDS[numbers.below(WORDS.len())],
                _ => PIECES[numbers.below(PIECES.len())],
            });
            parts.collect()
        }
    }
}

/// What must become of a request for a path.
#[derive(Debug, PartialEq)]
enum Fate {
    /// It is about this user.
    User(String),
    /// Its id breaks a rule.
    Refused,
    NoRoute,
}

/// Decodes once and strictly, by RFC 3986 and the contract; nothing of the product is used.
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

fn fate(path: &str) -> Fate {
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    match path.split('/').collect::<Vec<_>>()[..] {
        ["", "users", id, "otp-token"] => decode(id).map_or(Fate::Refused, Fate::User),
        _ => Fate::NoRoute,
    }
}

/// Whether the request line is no HTTP: a target has letters of RFC 3986 alone.
fn is_no_target(path: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    !path.bytes().all(legal)
}

/// Sends requests over one connection, and again over another where the gateway ends it.
struct Connection {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

impl Connection {
    /// The status of the reply and its body; nothing where the connection ended instead.
    async fn post(&mut self, path: &str, body: &str) -> Option<(u16, Value)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => BufReader::new(TcpStream::connect(self.address).await.ok()?),
        };
        stream.write_all(&raw::post(path, &raw::usual_headers(), body.as_bytes())).await.ok()?;
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

/// Sends a share of the ids; answers how many met which fate, and the users that were registered.
async fn attack(address: SocketAddr, seed: u64) -> (BTreeMap<u16, usize>, Vec<String>) {
    let mut numbers = Numbers(seed);
    let mut connection = Connection { address, stream: None };
    let (mut counts, mut users) = (BTreeMap::new(), Vec::new());
    let body = token().to_string();
    for _ in 0..IDS / CONNECTIONS {
        let path = format!("/users/{}/otp-token", id(&mut numbers));
        let reply = timeout(Duration::from_secs(10), connection.post(&path, &body)).await.expect(&path);
        // Where a target is no HTTP the reply may be lost: the gateway closes while the body still arrives.
        let (status, reply) = reply.unwrap_or((400, Value::Null));
        *counts.entry(status).or_default() += 1;
        if status == 400 {
            assert!(reply.is_null() && is_no_target(&path), "{path}: {reply}");
            continue;
        }
        match (status, fate(&path)) {
            (201, Fate::User(name)) => {
                assert_eq!(reply["username"], name, "{path}");
                users.push(name);
            }
            (422, Fate::Refused) => {
                let errors = reply["errors"].as_array().expect(&path);
                assert!(errors.len() == 1 && errors[0]["parameter"] == "id", "{path}: {reply}");
            }
            (404, Fate::NoRoute) => assert_eq!(reply["code"], "not_found", "{path}"),
            // A target of one segment less is that of GET /users/{id}.
            (405, Fate::NoRoute) => assert_eq!(reply["code"], "method_not_allowed", "{path}"),
            (_, expected) => panic!("{path}: {status} instead of {expected:?}: {reply}"),
        }
    }
    (counts, users)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_hostile_ids_are_one_user_each_or_none_and_never_part_of_a_path() {
    let gateway = Setup::new()
        .admin("root/../x?y", "token", "code")
        .set("rate_limit.requests_per_minute", "1000000000")
        .set("rate_limit.burst", "1000000000")
        .start()
        .await;
    let object = json!({ "passcode": "1", "qr": "2" }).to_string();
    let success = json!({ "code": "0", "message": "Success", "object": object });
    gateway.simulator.instruct(Instruction::always(None, Behaviour::Envelope(success)));
    let mut attacks = JoinSet::new();
    for seed in 0..CONNECTIONS {
        attacks.spawn(attack(gateway.address, seed << 32));
    }
    let (mut counts, mut users) = (BTreeMap::<u16, usize>::new(), Vec::new());
    while let Some(attack) = attacks.join_next().await {
        let (some, names) = attack.expect("every id keeps the rules");
        for (status, count) in some {
            *counts.entry(status).or_default() += count;
        }
        users.extend(names);
    }
    println!("{counts:?}");
    for (status, least) in [(201, 2000), (404, 500), (405, 300), (422, 2000), (400, 1)] {
        assert!(counts.get(&status).is_some_and(|count| *count >= least), "the ids are of all kinds: {counts:?}");
    }
    let requests = gateway.simulator.requests();
    let place = "/CentagateWS/webresources/device/register/onetimepin/root%2F..%2Fx%3Fy";
    assert!(requests.iter().all(|request| (&*request.method, &*request.path) == ("PUT", place)));
    let mut arrived: Vec<_> = requests.iter().map(|request| request.member("username").unwrap().to_owned()).collect();
    arrived.sort();
    users.sort();
    assert!(arrived == users, "CENTAGATE is asked about exactly the users that the ids name");
}
