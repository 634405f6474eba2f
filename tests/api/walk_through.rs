//! The walk-through of `docs/api.md`: the gateway answers its requests as it says.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::callers;
use crate::gateway::{Setup, TestGateway};

const DOCUMENT: &str = include_str!("../../docs/api.md");

/// The marker before a request that needs a locked user.
const LOCK: &str = "<!-- CENTAGATE locks alice -->";

/// A request of the walk-through and its reply.
struct Step {
    request: Message,
    reply: Message,
    /// Whether CENTAGATE locks the user first.
    locks: bool,
}

/// The first line, the headers and the body of a request or a reply.
struct Message {
    line: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Value>,
}

impl Message {
    fn parse(text: &'static str) -> Self {
        let (line, rest) = text.trim().split_once('\n').unwrap_or((text.trim(), ""));
        let (head, body) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        let headers = head.lines().map(|header| header.split_once(": ").expect(header));
        let body = (!body.is_empty()).then(|| serde_json::from_str(body).expect(body));
        Self { line, headers: headers.collect(), body }
    }
}

/// The blocks of code: requests and replies. The language of those that need more than a request is `text`.
fn steps() -> Vec<Step> {
    let parts: Vec<&'static str> = DOCUMENT.split("```").collect();
    let blocks = parts.chunks_exact(2).map(|pair| {
        let (text, block) = (pair[0], pair[1]);
        let block = block.strip_prefix("http\n").or(block.strip_prefix("text\n")).expect("a language");
        let (request, reply) = block.split_once("HTTP/1.1 ").expect("a request and a reply");
        Step { request: Message::parse(request), reply: Message::parse(reply), locks: text.contains(LOCK) }
    });
    blocks.collect()
}

/// Asserts that `actual` is `expected`, where `…` stands for any text that is not empty.
fn assert_same(expected: &Value, actual: &Value, place: &str) {
    match (expected, actual) {
        (Value::String(dots), Value::String(text)) if dots == "…" => assert!(!text.is_empty(), "{place}"),
        (Value::Object(expected), Value::Object(actual)) => {
            assert!(expected.keys().eq(actual.keys()), "{place}: {actual:?}");
            expected.iter().for_each(|(name, value)| assert_same(value, &actual[name], &format!("{place}/{name}")));
        }
        (Value::Array(expected), Value::Array(actual)) => {
            assert_eq!(expected.len(), actual.len(), "{place}: {actual:?}");
            expected.iter().zip(actual).for_each(|(expected, actual)| assert_same(expected, actual, place));
        }
        _ => assert_eq!(expected, actual, "{place}"),
    }
}

async fn run(gateway: &TestGateway, step: Step) {
    if step.locks {
        assert!(gateway.simulator.set_user_locked("alice", true), "alice exists");
    }
    let Message { line, headers, body } = step.request;
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = match &body {
        Some(body) => gateway.json(method, path, body),
        None => gateway.request(method, path).bearer_auth(callers::EVERYTHING),
    };
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let reply = gateway.send(request).await;
    let status = StatusCode::from_u16(reply.status).unwrap();
    assert_eq!(status.to_string(), step.reply.line, "{line}: {}", reply.text());
    for (name, value) in step.reply.headers {
        assert_eq!(reply.header(name), Some(value), "{line}");
    }
    match step.reply.body {
        Some(body) => assert_same(&body, &reply.json(), line),
        None => assert!(reply.body.is_empty(), "{line}: {}", reply.text()),
    }
}

#[tokio::test]
async fn the_requests_of_the_walk_through_get_the_replies_that_it_shows() {
    let gateway = Setup::new().set("centagate.undocumented_calls", "false").start().await;
    let steps = steps();
    assert!(steps.len() > 15 && steps.iter().any(|step| step.locks), "{} requests", steps.len());
    for step in steps {
        run(&gateway, step).await;
    }
    assert!(gateway.simulator.user("alice").is_none());
}
