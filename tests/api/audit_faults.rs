//! The audit trail where it cannot be written: what cannot be put on record is not done.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction};
use serde_json::Value;
use tokio::time::timeout;

use crate::audit_file::{AuditFile, object};
use crate::callers;
use crate::gateway::{alice, token, user};
use crate::process::{Environment, GatewayProcess, json, sample};
use crate::raw;
use crate::reply::Reply;

async fn post(gateway: &GatewayProcess, key: &str, path: &str, body: &Value) -> Reply {
    let headers = format!("Authorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    raw::exchange(gateway.address, &raw::post(path, &headers, body.to_string().as_bytes())).await
}

async fn create(gateway: &GatewayProcess, name: &str) -> Reply {
    post(gateway, callers::USERS, "/users", &user(name)).await
}

#[track_caller]
fn refused(reply: &Reply) {
    assert_eq!(reply.status, 503, "{}", reply.text());
    let problem = reply.problem("audit_unavailable");
    assert!(problem["detail"].as_str().unwrap().contains("nothing was executed"), "{problem}");
    let seconds: u64 = reply.header("retry-after").unwrap().parse().expect("seconds");
    assert!(seconds >= 1);
}

async fn count(gateway: &GatewayProcess, name: &str) -> u64 {
    sample(&gateway.manage("/metrics").await.1, &format!("gateway_audit_{name}"))
}

const WRITTEN: &str = "lines_total{event=\"attempt\",result=\"written\"}";
const FAILED: &str = "lines_total{event=\"attempt\",result=\"failed\"}";

#[tokio::test]
async fn where_the_trail_cannot_be_written_nothing_is_sent_and_the_gateway_lives_on() {
    for sink in ["/dev/full", "directory", "missing/audit.jsonl", "callers.toml/audit.jsonl"] {
        let (environment, simulator) = Environment::with_simulator().await;
        std::fs::create_dir(environment.directory.path().join("directory")).unwrap();
        let path = environment.directory.path().join(sink).display().to_string(); // /dev/full stays what it is
        let mut gateway = environment.set("GATEWAY__AUDIT__SINK", &path).serve().await;
        for (path, body) in [("/users", alice()), ("/users/bob/otp-token", token())] {
            refused(&post(&gateway, callers::NO_ADMINS, path, &body).await);
            post(&gateway, "unknown", path, &body).await.problem("unauthenticated");
            post(&gateway, callers::NO_ADMINS, path, &Value::Null).await.problem("malformed_request");
        }
        assert!(simulator.requests().is_empty(), "{sink}");
        assert_eq!(gateway.manage("/livez").await.0, 200, "{sink}");
        let counted = [count(&gateway, FAILED).await, count(&gateway, WRITTEN).await, count(&gateway, "broken").await];
        assert_eq!(counted, [2, 0, 1], "{sink}");
        let complaint = gateway.wait_for_line(|line| line.contains("\"ERROR\"")).await;
        assert!(complaint.contains("audit trail") && !complaint.contains("alice"), "{complaint}");
        gateway.terminate();
        assert!(gateway.end().await.success(), "{sink}");
    }
}

#[tokio::test]
async fn actions_go_on_once_the_trail_can_be_written() {
    let (environment, simulator) = Environment::with_simulator().await;
    let directory = environment.directory.path().join("later");
    let trail = AuditFile::at(directory.join("audit.jsonl"));
    let gateway = environment.set("GATEWAY__AUDIT__SINK", trail.path().to_str().unwrap()).serve().await;
    for name in ["one", "two"] {
        refused(&create(&gateway, name).await);
    }
    std::fs::create_dir(&directory).unwrap();
    assert_eq!(create(&gateway, "three").await.status, 201);
    assert_eq!((simulator.requests().len(), count(&gateway, "broken").await), (1, 0));
    let lines = trail.lines();
    assert!(lines.len() == 2 && lines.iter().all(|line| line["target"] == "three"), "{lines:?}");
}

#[tokio::test]
async fn a_file_that_was_moved_away_is_opened_anew() {
    let (environment, _simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let trail = gateway.audit_trail();
    for (number, rotated) in ["audit.1", "audit.2"].into_iter().enumerate() {
        assert_eq!(create(&gateway, &format!("user-{number}")).await.status, 201);
        std::fs::rename(trail.path(), trail.path().with_file_name(rotated)).unwrap();
    }
    assert!(trail.text().is_empty());
    assert_eq!(create(&gateway, "user-2").await.status, 201);
    std::fs::remove_file(trail.path()).unwrap();
    assert_eq!(create(&gateway, "user-3").await.status, 201);
    for (file, target) in [("audit.1", "user-0"), ("audit.2", "user-1"), ("audit.jsonl", "user-3")] {
        let lines = AuditFile::at(trail.path().with_file_name(file)).lines();
        assert!(lines.len() == 2 && lines.iter().all(|line| line["target"] == target), "{file}: {lines:?}");
    }
}

#[tokio::test]
async fn a_file_that_is_moved_within_an_action_has_the_attempt_and_the_new_one_the_outcome() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let trail = gateway.audit_trail();
    let old = AuditFile::at(trail.path().with_file_name("audit.1"));
    let (reply, ()) = tokio::join!(create(&gateway, "alice"), async {
        timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE is reached");
        std::fs::rename(trail.path(), old.path()).unwrap();
        gate.open();
    });
    assert_eq!(reply.status, 201);
    let (old, new) = (old.lines(), trail.lines());
    assert_eq!((old.len(), new.len(), &old[0]["id"]), (1, 1, &new[0]["id"]), "{old:?} {new:?}");
}

#[tokio::test]
async fn an_attempt_whose_outcome_cannot_be_written_is_counted_and_told() {
    let (environment, simulator) = Environment::with_simulator().await;
    let trail = AuditFile::at(environment.write("trail/audit.jsonl", "").into());
    let gateway = environment.set("GATEWAY__AUDIT__SINK", trail.path().to_str().unwrap()).serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let (reply, lines) = tokio::join!(create(&gateway, "alice"), async {
        timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE is reached");
        assert_eq!(count(&gateway, "attempts_open").await, 1);
        let lines = trail.lines();
        std::fs::remove_dir_all(trail.path().parent().unwrap()).unwrap();
        gate.open();
        lines
    });
    assert_eq!(reply.status, 201, "what was done is told");
    let told = gateway.wait_for_line(|line| line.contains("without its outcome")).await;
    assert_eq!(json(&told)["audit_id"], lines[0]["id"], "{told}");
    assert_eq!(json(&told)["request_id"], reply.header("x-request-id").unwrap(), "{told}");
    let counted = (count(&gateway, "attempts_without_outcome_total").await, count(&gateway, "attempts_open").await);
    assert_eq!(counted, (1, 0));
}

#[tokio::test]
async fn a_process_that_is_killed_leaves_an_attempt_without_an_outcome() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let trail = gateway.audit_trail();
    let address = gateway.address;
    let request = raw::post("/users", &raw::usual_headers(), alice().to_string().as_bytes());
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut connection, &request).await.unwrap();
    timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE is reached");
    drop(gateway); // with SIGKILL
    gate.open();
    let lines = trail.lines();
    assert_eq!((lines.len(), &lines[0]["audit"], &lines[0]["target"]), (1, &"attempt".into(), &"alice".into()));

    let gateway = environment.serve().await;
    assert_eq!(create(&gateway, "carol").await.status, 201);
    let lines = trail.lines();
    assert_eq!(lines.iter().filter(|line| line["target"] == "alice").count(), 1, "{lines:?}");
    assert_eq!(lines.len(), 3, "the next process writes behind it: {lines:?}");
}

#[tokio::test]
async fn lines_are_whole_behind_a_line_that_an_earlier_process_left_torn() {
    let (environment, _simulator) = Environment::with_simulator().await;
    environment.write("audit.jsonl", "{\"audit\":\"attempt\",\"id\":\"0198");
    let gateway = environment.serve().await;
    assert_eq!(create(&gateway, "alice").await.status, 201);
    let text = gateway.audit_trail().text();
    let whole = text.lines().filter_map(object).count();
    assert_eq!((whole, text.lines().count()), (2, 3), "{text}");
}

/// A pipe that has no reader keeps whoever opens it waiting.
#[tokio::test]
async fn a_trail_that_hangs_refuses_actions_in_bounded_time_and_owes_no_line_afterwards() {
    let (environment, simulator) = Environment::with_simulator().await;
    let pipe = environment.directory.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let gateway = environment.set("GATEWAY__AUDIT__SINK", pipe.to_str().unwrap()).serve().await;
    let bounded =
        timeout(Duration::from_secs(8), async { tokio::join!(create(&gateway, "one"), create(&gateway, "two")) });
    let (one, two) = bounded.await.expect("an answer in time");
    refused(&one);
    refused(&two);
    assert!(simulator.requests().is_empty(), "nothing is sent before its attempt is written");
    let reader = read_lines(&pipe, 6);
    assert_eq!(create(&gateway, "three").await.status, 201);
    let lines = timeout(Duration::from_secs(10), reader).await.expect("lines in time").unwrap();
    for (target, outcome) in [("one", "notExecuted"), ("two", "notExecuted"), ("three", "executed")] {
        let of_one: Vec<_> = lines.iter().filter(|line| line["target"] == target).collect();
        assert_eq!(of_one.len(), 2, "{target}: {lines:?}");
        assert_eq!((&of_one[0]["audit"], &of_one[1]["outcome"]), (&"attempt".into(), &outcome.into()), "{lines:?}");
    }
}

/// So many lines of a pipe, read on a thread of its own.
fn read_lines(pipe: &Path, count: usize) -> tokio::task::JoinHandle<Vec<Value>> {
    let pipe = pipe.to_owned();
    tokio::task::spawn_blocking(move || {
        let lines = BufReader::new(std::fs::File::open(pipe).unwrap()).lines().take(count);
        lines.map(|line| object(&line.unwrap()).expect("a whole line")).collect()
    })
}
