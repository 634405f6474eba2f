//! The audit trail has an attempt and an outcome for each action, in every operation.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::callers;
use crate::gateway::{Setup, TestGateway, token, user, with};
use crate::operations::{Operation, let_calls_succeed, let_next_call_meet, operations, success};
use crate::raw;
use crate::reply::Reply;

const ATTEMPT: [&str; 8] = ["audit", "caller", "id", "operation", "requestId", "right", "target", "time"];
/// Members that only some operations record.
const DETAILS: [&str; 5] = ["changed", "group", "kind", "requested_status", "role"];
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

/// Checks that `lines` are the attempt and the outcome of one action, and that their common members are equal.
#[track_caller]
pub(crate) fn pair(lines: &[Value]) -> (&Value, &Value) {
    let [attempt, outcome] = lines else { panic!("two lines: {lines:?}") };
    for (line, word, members) in [(attempt, "attempt", &ATTEMPT[..]), (outcome, "outcome", &OUTCOME)] {
        let names = line.as_object().unwrap().keys().map(String::as_str);
        let mut names: Vec<&str> = names.filter(|name| !DETAILS.contains(name)).collect();
        names.sort_unstable();
        assert_eq!(names, members, "{line}");
        assert_eq!(line["audit"], word);
        let time = line["time"].as_str().unwrap();
        assert!(time.len() == "2026-01-31T12:00:00.000Z".len() && time.ends_with('Z'), "{time}");
        let age = jiff::Timestamp::now().duration_since(time.parse().expect(time)).as_secs();
        assert!((-1..60).contains(&age), "{time}");
    }
    for member in ATTEMPT.into_iter().chain(DETAILS).filter(|member| !matches!(*member, "audit" | "time")) {
        assert_eq!(attempt.get(member), outcome.get(member), "{member}");
    }
    let id = uuid::Uuid::parse_str(attempt["id"].as_str().unwrap()).expect("a UUID");
    assert_eq!(id.get_version_num(), 7);
    assert!(attempt["time"].as_str() <= outcome["time"].as_str(), "{lines:?}");
    assert!(outcome["durationMs"].as_f64().is_some_and(|duration| duration >= 0.0), "{outcome}");
    (attempt, outcome)
}

/// Sends the example request about `bob` with this request id.
async fn send(gateway: &TestGateway, id: &str, key: &str, operation: &Operation) -> Reply {
    gateway.send(gateway.example_as(key, operation, "bob").header("x-request-id", id)).await
}

/// `caller`, `right`, `operation` and `target`.
fn who_did_what(line: &Value) -> [&str; 4] {
    ["caller", "right", "operation", "target"].map(|member| line[member].as_str().expect(member))
}

/// `outcome`, `status` and `upstreamCode`.
pub(crate) fn outcome_status_code(line: &Value) -> (&str, u64, Option<i64>) {
    let code = &line["upstreamCode"];
    assert!(code.is_null() || code.is_i64(), "{line}");
    (line["outcome"].as_str().unwrap(), line["status"].as_u64().unwrap(), code.as_i64())
}

#[tokio::test]
async fn every_action_has_an_attempt_and_an_outcome() {
    let gateway = Setup::new().without_rate_limit().start().await;
    let mut actions = 0;
    for operation in operations() {
        let only = callers::only(operation.scope);
        let only_name = format!("only-{}", operation.scope);
        let mut results = vec![("executed", operation.success, Some(0), Behaviour::Envelope(success()))];
        for code in operation.codes() {
            let behaviour = Behaviour::code(code.number.to_string());
            results.push((code.outcome, code.status, Some(code.number), behaviour));
        }
        results.push(("unknown", 502, None, Behaviour::CutBeforeReply));
        results.push(("unknown", 502, None, Behaviour::reply(200, "text/html", "<html>")));
        for (outcome_word, status, code, behaviour) in results {
            let_next_call_meet(&gateway.simulator, behaviour);
            let id = format!("{}-{actions}", operation.id);
            let (key, caller) =
                if actions % 2 == 0 { (&*only, &*only_name) } else { (callers::EVERYTHING, "everything") };
            let reply = send(&gateway, &id, key, operation).await;
            assert_eq!(reply.status, status, "{id}: {}", reply.text());
            let lines = gateway.audit_trail().of_request(&id);
            let (attempt, outcome) = pair(&lines);
            assert_eq!(who_did_what(attempt), [caller, operation.scope, operation.id, "bob"], "{id}");
            assert_eq!(outcome_status_code(outcome), (outcome_word, u64::from(status), code), "{id}");
            actions += 1;
        }
    }
    let lines = gateway.audit_trail().lines();
    let mut ids: Vec<&str> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    ids.dedup();
    assert_eq!((lines.len(), ids.len()), (2 * actions, actions), "each action has its own id");
    assert!(ids.is_sorted(), "ids are ordered by time");
}

#[tokio::test]
async fn the_audit_line_has_the_decoded_username_and_the_strongest_right() {
    let gateway = TestGateway::start().await;
    let_calls_succeed(&gateway.simulator);
    let name = "a/b\"😀";
    for operation in operations() {
        let request = gateway.example_as(callers::EVERYTHING, operation, name).header("x-request-id", operation.id);
        assert_eq!(gateway.send(request).await.status, operation.success, "{}", operation.id);
        assert_eq!(pair(&gateway.audit_trail().of_request(operation.id)).0["target"], name, "{}", operation.id);
    }
    let admin = gateway.post("/users", &with(user("boss"), "role", "groupAdmin")).header("x-request-id", "admin");
    assert_eq!(gateway.send(admin).await.status, 201);
    assert_eq!(pair(&gateway.audit_trail().of_request("admin")).0["right"], "admins:create");
}

#[tokio::test]
async fn the_attempt_is_written_before_the_call_and_the_outcome_before_the_reply() {
    let gateway = TestGateway::start().await;
    for operation in operations() {
        let gate = Gate::new();
        let_next_call_meet(&gateway.simulator, Behaviour::Hold(gate.clone()));
        let (reply, ()) = tokio::join!(send(&gateway, operation.id, callers::EVERYTHING, operation), async {
            timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE receives the call");
            let lines = gateway.audit_trail().of_request(operation.id);
            assert_eq!((lines.len(), &lines[0]["audit"]), (1, &json!("attempt")), "{lines:?}");
            gate.open();
        });
        assert_eq!(reply.status, operation.success, "{}", operation.id);
        pair(&gateway.audit_trail().of_request(operation.id));
    }
}

#[tokio::test]
async fn the_outcome_is_recorded_although_the_caller_has_disconnected() {
    let gateway = TestGateway::start().await;
    for operation in operations() {
        let gate = Gate::new();
        let_next_call_meet(&gateway.simulator, Behaviour::Hold(gate.clone()));
        let headers = format!("X-Request-Id: {}\r\n{}", operation.id, raw::usual_headers());
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all(&operation.raw_request(&headers, "bob")).await.unwrap();
        timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE receives the call");
        connection.set_zero_linger().unwrap();
        drop(connection);
        gateway.get("/problems").await; // the same thread handles this request after the reset
        gate.open();
        let recorded = timeout(Duration::from_secs(10), async {
            while !gateway
                .audit_trail()
                .text()
                .lines()
                .any(|line| line.contains(operation.id) && line.contains("outcome"))
            {
                tokio::task::yield_now().await;
            }
        });
        recorded.await.expect("the outcome is recorded");
        let lines = gateway.audit_trail().of_request(operation.id);
        assert_eq!(outcome_status_code(pair(&lines).1), ("executed", u64::from(operation.success), Some(0)));
    }
}

#[tokio::test]
async fn a_request_that_is_refused_before_the_call_is_not_recorded() {
    let gateway = Setup::new().set("rate_limit.requests_per_minute", "1").set("rate_limit.burst", "1").start().await;
    for operation in operations() {
        let status =
            async |key: &str, username: &str| gateway.send(gateway.example_as(key, operation, username)).await.status;
        assert_eq!(status("unknown", "bob").await, 401, "{}", operation.id);
        assert_eq!(status(&callers::without(operation.scope), "bob").await, 403, "{}", operation.id);
        // Either the target is the gateway's own admin, or another operation with this scope has used up the rate
        // limit.
        let own_admin = status(&callers::only(operation.scope), "admin").await;
        assert!(own_admin == 403 || own_admin == 429, "{}: {own_admin}", operation.id);
        assert_eq!(status(&callers::only(operation.scope), "bob").await, 429, "{}", operation.id);
    }
    gateway.create_user(&json!({})).await.problem("invalid_request");
    assert!(gateway.audit_trail().lines().is_empty());
}

#[tokio::test]
async fn the_trail_contains_no_secret_and_no_personal_data_except_the_target() {
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
        assert!(!trail.contains(absent.as_str()), "{absent} appears in\n{trail}");
    }
    let mode = std::os::unix::fs::MetadataExt::mode(&gateway.audit_trail().path().metadata().unwrap());
    assert_eq!(mode & 0o777, 0o600, "only the owner can read the file");
}
