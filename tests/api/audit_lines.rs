//! The audit trail: two lines for each action, with what they say and when they are written.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::callers;
use crate::gateway::{Setup, TestGateway, alice, token, user, with};
use crate::raw;

const ATTEMPT: [&str; 8] = ["audit", "caller", "id", "operation", "requestId", "right", "target", "time"];
const OUTCOME: [&str; 12] = [
    "audit",
    "caller",
    "durationMs",
    "id",
    "operation",
    "outcome",
    "requestId",
    "right",
    "status",
    "target",
    "time",
    "upstreamCode",
];

/// The attempt and the outcome of an action, which must be exactly that; what both have must be the same.
#[track_caller]
pub(crate) fn pair(lines: &[Value]) -> (&Value, &Value) {
    let [attempt, outcome] = lines else { panic!("two lines: {lines:?}") };
    for (line, word, members) in [(attempt, "attempt", &ATTEMPT[..]), (outcome, "outcome", &OUTCOME)] {
        let mut names: Vec<&String> = line.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, members, "{line}");
        assert_eq!(line["audit"], word);
        let time = line["time"].as_str().unwrap();
        assert!(time.len() == "2026-01-31T12:00:00.000Z".len() && time.ends_with('Z'), "{time}");
        let age = jiff::Timestamp::now().duration_since(time.parse().expect(time)).as_secs();
        assert!((-1..60).contains(&age), "{time}");
    }
    for member in ATTEMPT.into_iter().filter(|member| !matches!(*member, "audit" | "time")) {
        assert_eq!(attempt[member], outcome[member], "{member}");
    }
    let id = uuid::Uuid::parse_str(attempt["id"].as_str().unwrap()).expect("a UUID");
    assert_eq!(id.get_version_num(), 7);
    assert!(attempt["time"].as_str() <= outcome["time"].as_str(), "{lines:?}");
    assert!(outcome["durationMs"].as_f64().is_some_and(|duration| duration >= 0.0), "{outcome}");
    (attempt, outcome)
}

/// Sends, and answers the status; the request's id is `id`.
async fn send(gateway: &TestGateway, id: &str, key: &str, path: &str, body: &Value) -> u16 {
    gateway.send(gateway.post_as(key, path, body).header("x-request-id", id)).await.status
}

/// `caller`, `right`, `operation` and `target`.
fn who_did_what(line: &Value) -> [&str; 4] {
    ["caller", "right", "operation", "target"].map(|member| line[member].as_str().expect(member))
}

/// `outcome`, `status` and `upstreamCode`.
pub(crate) fn what_came_of_it(line: &Value) -> (&str, u64, Option<i64>) {
    let code = &line["upstreamCode"];
    assert!(code.is_null() || code.is_i64(), "{line}");
    (line["outcome"].as_str().unwrap(), line["status"].as_u64().unwrap(), code.as_i64())
}

#[tokio::test]
async fn what_centagate_did_or_refused_is_on_record_with_who_asked_and_by_which_right() {
    let gateway = TestGateway::start().await;
    let admin = with(user("boss"), "role", "groupAdmin");
    let (bob, nobody) = ("/users/bob/otp-token", "/users/a%2Fb%22%F0%9F%98%80/otp-token");
    let executed = ("executed", 201, Some(0));
    let refused = |status, code| ("notExecuted", status, Some(code));
    for (number, (key, path, body, who, what)) in [
        (callers::USERS, "/users", alice(), "users users:create createUser alice", executed),
        (callers::NO_ADMINS, "/users", alice(), "no-admins users:create createUser alice", refused(409, 22025)),
        (callers::EVERYTHING, "/users", admin, "everything admins:create createUser boss", executed),
        (callers::TOKENS, bob, token(), "tokens otp-tokens:create registerOtpToken bob", executed),
        (callers::TOKENS, bob, token(), "tokens otp-tokens:create registerOtpToken bob", refused(409, 22027)),
        (callers::TOKENS, nobody, token(), "tokens otp-tokens:create registerOtpToken a/b\"😀", refused(404, 22002)),
    ]
    .into_iter()
    .enumerate()
    {
        let id = number.to_string();
        let status = send(&gateway, &id, key, path, &body).await;
        let lines = gateway.audit_trail().of_request(&id);
        let (attempt, outcome) = pair(&lines);
        assert_eq!((who_did_what(attempt).join(" "), what_came_of_it(outcome)), (who.to_owned(), what), "{id}");
        assert_eq!(u64::from(status), what.1, "{id}");
    }
    let lines = gateway.audit_trail().lines();
    let mut ids: Vec<&str> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!((lines.len(), ids.len()), (12, 6), "each action has an id of its own");
    assert!(ids.is_sorted(), "ids follow time");
}

#[tokio::test]
async fn an_attempt_stands_there_before_centagate_has_the_request_and_the_outcome_before_the_reply() {
    let gateway = TestGateway::start().await;
    let (gate, user) = (Gate::new(), alice());
    gateway.simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let (status, ()) = tokio::join!(send(&gateway, "held", callers::USERS, "/users", &user), async {
        timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE is reached");
        let lines = gateway.audit_trail().of_request("held");
        assert_eq!((lines.len(), &lines[0]["audit"]), (1, &json!("attempt")), "{lines:?}");
        gate.open();
    });
    assert_eq!(status, 201);
    pair(&gateway.audit_trail().of_request("held"));
}

#[tokio::test]
async fn the_outcome_is_on_record_although_the_caller_has_gone() {
    let gateway = TestGateway::start().await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let headers = format!("X-Request-Id: gone\r\n{}", raw::usual_headers());
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(&raw::post("/users", &headers, alice().to_string().as_bytes())).await.unwrap();
    timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE is reached");
    connection.set_zero_linger().unwrap();
    drop(connection);
    gateway.get("/problems").await; // on the same thread: the gateway has noticed
    gate.open();
    let recorded = timeout(Duration::from_secs(10), async {
        loop {
            let lines = gateway.audit_trail().text().lines().count();
            if lines > 1 {
                return;
            }
            tokio::task::yield_now().await;
        }
    });
    recorded.await.expect("an outcome in time");
    let lines = gateway.audit_trail().of_request("gone");
    assert_eq!(what_came_of_it(pair(&lines).1), ("executed", 201, Some(0)));
}

#[tokio::test]
async fn what_is_refused_before_it_is_sent_is_no_action() {
    let gateway = Setup::new().set("rate_limit.requests_per_minute", "1").set("rate_limit.burst", "2").start().await;
    for (key, path, body, status) in [
        ("unknown", "/users", alice(), 401),
        (callers::TOKENS, "/users", alice(), 403),
        (callers::EVERYTHING, "/users", json!({}), 422),
        (callers::EVERYTHING, "/users/admin/otp-token", token(), 403),
        (callers::EVERYTHING, "/users", alice(), 429),
    ] {
        assert_eq!(send(&gateway, "none", key, path, &body).await, status);
    }
    assert!(gateway.audit_trail().lines().is_empty());
}

#[tokio::test]
async fn the_trail_names_the_target_and_holds_no_other_personal_data_and_no_secret() {
    let gateway = Setup::new().admin("admin", "pl4nted-token", "pl4nted-code").start().await;
    let person = json!({
        "username": "alice", "firstName": "Pl4nted-First", "lastName": "Pl4nted-Last", "email": "pl4nted@example.com",
        "group": "Staff", "app": "portal", "uniqueId": "pl4nted-unique", "clientId": "pl4nted-client",
        "additionalData": ["pl4nted-data"],
    });
    assert_eq!(gateway.create_user(&person).await.status, 201);
    let registered = gateway.register_otp_token("alice", &token()).await.json();
    let trail = gateway.audit_trail().text();
    let cen_token = centagate_simulator::cen_token("admin", "pl4nted-token", "pl4nted-code");
    let secrets = [&registered["passcode"], &registered["qr"]].map(|secret| secret.as_str().unwrap().to_owned());
    for absent in secrets.iter().chain(&[cen_token, callers::EVERYTHING.into(), "l4nted".into(), "@".into()]) {
        assert!(!trail.contains(absent.as_str()), "{absent} stands in\n{trail}");
    }
    let mode = std::os::unix::fs::MetadataExt::mode(&gateway.audit_trail().path().metadata().unwrap());
    assert_eq!(mode & 0o777, 0o600, "the file is for its owner alone");
}
