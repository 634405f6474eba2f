//! The gateway answers the requests in the documents as the documents say.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::callers;
use crate::gateway::{Setup, TestGateway};
use crate::markdown::{Document, documents};

/// The marker before a request that needs a locked user.
const LOCK: &str = "<!-- CENTAGATE locks alice -->";

/// A request in a document, and its reply.
struct Step {
    request: Message,
    reply: Message,
    /// Whether CENTAGATE locks the user first.
    locks: bool,
}

/// The first line, the headers and the body of a request or a reply.
struct Message {
    line: String,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

impl Message {
    fn parse(text: &str) -> Self {
        let (line, rest) = text.trim().split_once('\n').unwrap_or((text.trim(), ""));
        let (head, body) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
        let headers = head.lines().filter_map(|header| header.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let body = (!body.is_empty()).then(|| serde_json::from_str(body).expect(body));
        Self { line: line.to_owned(), headers: headers.collect(), body }
    }
}

/// The requests in the blocks of code of the language `http`.
fn steps(document: &Document) -> Vec<Step> {
    let blocks = document.blocks().into_iter().filter(|block| block.language == "http");
    let steps = blocks.map(|block| {
        let before: Vec<&str> = document.text.lines().take(block.line - 1).collect();
        let marker = before.iter().rev().find(|line| !line.is_empty());
        let (request, reply) = block.text.split_once("HTTP/1.1 ").expect("a request and a reply");
        let locks = marker.is_some_and(|line| *line == LOCK);
        Step { request: Message::parse(request), reply: Message::parse(reply), locks }
    });
    steps.collect()
}

/// Asserts that `actual` is `expected`, where `…` stands for any text that is not empty.
pub(crate) fn assert_same(expected: &Value, actual: &Value, place: &str) {
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

async fn run(gateway: &TestGateway, step: Step, place: &str) {
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
    assert_eq!(status.to_string(), step.reply.line, "{place}: {}", reply.text());
    for (name, value) in step.reply.headers {
        assert_eq!(reply.header(&name), Some(&*value), "{place}");
    }
    match step.reply.body {
        Some(body) => assert_same(&body, &reply.json(), place),
        None => assert!(reply.body.is_empty(), "{place}: {}", reply.text()),
    }
}

#[tokio::test]
async fn the_requests_in_the_documents_get_the_replies_that_they_show() {
    let mut count = 0;
    for document in documents() {
        let steps = steps(&document);
        if steps.is_empty() {
            continue;
        }
        let setup = Setup::new().without_rate_limit().set("centagate.undocumented_calls", "false");
        let gateway = setup.start().await;
        for step in steps {
            let place = format!("{}: {}", document.name(), step.request.line);
            run(&gateway, step, &place).await;
            count += 1;
        }
    }
    assert!(count > 15, "{count}");
}
