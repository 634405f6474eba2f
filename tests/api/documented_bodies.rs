//! The JSON in the documents that `documented_requests` does not run is what callers send and what the gateway writes.

use centagate_simulator::{BoundToken, Tokens, User};
use reqwest::Method;
use serde_json::{Value, json};

use crate::callers;
use crate::documented_requests::assert_same;
use crate::environment::Environment;
use crate::gateway::{Setup, TestGateway, alice, token};
use crate::markdown::{Block, Document, documents};
use crate::raw;

/// Blocks with JSON that is shown as part of something else: a test below for each.
const SHOWN: [&str; 2] = ["README.md", "docs/logging.md"];

/// Lists changes of earlier versions, and the simulator's control, which its own tests run.
const LEFT_OUT: [&str; 2] = ["CHANGELOG.md", "simulator/src/control.md"];

/// A body in a text, and the request that stands before it.
struct Body<'a> {
    request: &'a str,
    text: &'a str,
    place: String,
}

/// The bodies in the text of `document`, such as "`PUT /users/{id}/status` with `{"status":"active"}`".
fn bodies(document: &Document) -> Vec<Body<'_>> {
    let mut request = "";
    let mut bodies = Vec::new();
    for (line, code) in document.inline_code() {
        if code.split_once(" /").is_some_and(|(method, _)| method.bytes().all(|byte| byte.is_ascii_uppercase())) {
            request = code;
        } else if code.starts_with("{\"") {
            bodies.push(Body { request, text: code, place: format!("{}:{line}", document.name()) });
        }
    }
    bodies
}

/// The names of the members of a line of the audit trail that the documents abbreviate, such as `{"audit":"resumed","lost":n}`.
pub(crate) fn names_in_documents(kind: &str) -> Vec<String> {
    let start = format!("{{\"audit\":\"{kind}\"");
    let documents = documents();
    let lines = documents.iter().filter(|document| !LEFT_OUT.contains(&&*document.name()));
    let lines = lines.flat_map(|document| document.inline_code().map(|(_, code)| code));
    let members = lines.filter(|code| code.starts_with(&start)).flat_map(|line| line[1..line.len() - 1].split(','));
    let names = members.filter_map(|member| member.split_once(':').map(|(name, _)| name.trim_matches('"').to_owned()));
    let names: Vec<String> = names.collect();
    assert!(!names.is_empty(), "no document shows a line {kind}");
    names
}

/// A gateway in front of a CENTAGATE in which alice has every token.
async fn gateway_with_tokens() -> TestGateway {
    let gateway = Setup::new().without_rate_limit().start().await;
    let token = |sn: &str| Some(BoundToken { sn: sn.into(), status: "1".into() });
    let tokens = Tokens { sms: token("+60111111111"), hardware: token("2601000041"), ..Tokens::default() };
    gateway.simulator.add_user(User { tokens, ..User::new("alice") });
    gateway.simulator.bind_token("alice");
    gateway
}

#[tokio::test]
async fn the_bodies_in_the_texts_are_accepted() {
    let mut count = 0;
    for document in documents() {
        if LEFT_OUT.contains(&&*document.name()) {
            continue;
        }
        for Body { request, text, place } in bodies(&document) {
            if text.starts_with("{\"audit\":") {
                continue; // abbreviated; see `names_in_documents`
            }
            let body: Value = serde_json::from_str(text).expect(&place);
            let (method, path) = request.split_once(' ').expect(&place);
            let path = path.replace("{id}", "alice").replace("{kind}", "sms");
            let gateway = gateway_with_tokens().await;
            let request = gateway.json(Method::from_bytes(method.as_bytes()).unwrap(), &path, &body);
            let reply = gateway.send(request).await;
            assert!(reply.status < 300, "{place}: {method} {path} {text}: {}", reply.text());
            count += 1;
        }
    }
    assert!(count > 4, "{count}");
}

#[tokio::test]
async fn the_lines_of_the_audit_trail_have_the_members_that_the_documents_name() {
    let gateway = gateway_with_tokens().await;
    gateway.simulator.add_user(User::new("bob"));
    for _ in 0..2 {
        let request = gateway.post("/users/bob/otp-token", &token()).header("Idempotency-Key", "\"order-1\"");
        assert_eq!(gateway.send(request).await.status, 201);
    }
    let lines = gateway.audit_trail().lines();
    for kind in ["attempt", "outcome", "replay"] {
        let names = names_in_documents(kind);
        let line = lines.iter().find(|line| line["audit"] == *kind).unwrap_or_else(|| panic!("no {kind} in {lines:?}"));
        assert!(names.iter().all(|name| line.get(name).is_some()), "{names:?} in {line}");
    }
}

/// The only block of the document that shows JSON within something else.
fn shown(document: &str) -> String {
    let documents = documents();
    let document = documents.iter().find(|other| other.name() == document).expect(document);
    let blocks: Vec<Block<'_>> = document.blocks().into_iter().filter(is_shown).collect();
    assert_eq!(blocks.len(), 1, "{}", document.name());
    blocks[0].text.clone()
}

fn is_shown(block: &Block<'_>) -> bool {
    matches!(block.language, "text" | "json") && block.text.contains("{\"")
}

#[test]
fn no_other_document_shows_json_that_is_not_checked() {
    let documents = documents();
    let names = documents.iter().filter(|document| document.blocks().iter().any(is_shown)).map(Document::name);
    assert_eq!(names.collect::<Vec<_>>(), SHOWN);
}

#[tokio::test]
async fn centagate_gets_and_answers_what_the_readme_shows() {
    let block = shown("README.md");
    let [request, members, status, reply] = block.lines().collect::<Vec<_>>()[..] else { panic!("{block}") };
    let gateway = TestGateway::start().await;
    let bob = json!({ "username": "bob", "firstName": "Bob", "lastName": "Baker", "email": "bob@example.com",
        "group": "Staff", "app": "portal" });
    for _ in 0..2 {
        gateway.create_user(&bob).await;
    }
    let sent = gateway.simulator.requests().pop().expect("a request");
    assert_eq!(format!("PUT {}", sent.path), request);
    let body = String::from_utf8(sent.body.clone()).unwrap();
    let mut rest = &*body;
    for part in members.split('…') {
        let part = part.trim_end_matches("9f86d081884c"); // a token of another session
        (_, rest) = rest.split_once(part).unwrap_or_else(|| panic!("no {part} in {body}"));
    }

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let again = client.put(format!("{}{}", gateway.simulator.base_url(), sent.path)).body(sent.body);
    let answer = again.header("Content-Type", "application/json").send().await.unwrap();
    assert_eq!(format!("HTTP/1.1 {}", answer.status()), status);
    let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_same(&serde_json::from_str(reply).unwrap(), &answer, reply);
}

#[tokio::test]
async fn the_log_line_is_that_of_the_document() {
    let documented: Value = serde_json::from_str(&shown("docs/logging.md")).unwrap();
    let (environment, _simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let id = documented["request_id"].as_str().expect("an id");
    let body = alice().to_string();
    for id in ["first", id] {
        let key = callers::USERS;
        let headers =
            format!("X-Request-Id: {id}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n");
        raw::exchange(gateway.address, &raw::post("/users", &headers, body.as_bytes())).await;
    }
    let mut expected = documented.clone();
    let mut line = gateway.wait_for_request(id).await;
    for changing in ["timestamp", "caller", "duration_ms", "upstream_duration_ms"] {
        for line in [&mut expected, &mut line] {
            assert!(line.as_object_mut().expect("a line").remove(changing).is_some(), "{changing}");
        }
    }
    assert_eq!(line, expected);
}
