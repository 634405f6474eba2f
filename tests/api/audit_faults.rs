//! An audit file that cannot be written. The gateway refuses an action that it cannot record.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction, Simulator};
use serde_json::Value;
use tokio::time::timeout;

use crate::audit_file::{AuditFile, object};
use crate::callers;
use crate::documented_bodies::names_in_documents;
use crate::environment::Environment;
use crate::gateway::{alice, token, user};
use crate::process::{GatewayProcess, json, sample};
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
    assert!(problem["detail"].as_str().unwrap().contains("Nothing was executed"), "{problem}");
    let seconds: u64 = reply.header("retry-after").unwrap().parse().expect("seconds");
    assert!(seconds >= 1);
}

async fn count(gateway: &GatewayProcess, name: &str) -> u64 {
    sample(&gateway.manage("/metrics").await.1, &format!("gateway_audit_{name}"))
}

const WRITTEN: &str = "lines_total{event=\"attempt\",result=\"written\"}";
const FAILED: &str = "lines_total{event=\"attempt\",result=\"failed\"}";

/// A gateway whose audit file is in a directory that tests can break, the simulator, and the file.
async fn start() -> (GatewayProcess, Simulator, AuditFile) {
    let (environment, simulator) = Environment::with_simulator().await;
    let trail = AuditFile::at(environment.directory.path().join("trail/audit.jsonl"));
    std::fs::create_dir(trail.path().parent().unwrap()).unwrap();
    let gateway = environment.set("GATEWAY__AUDIT__SINK", trail.path().to_str().unwrap()).serve().await;
    (gateway, simulator, trail)
}

#[tokio::test]
async fn an_action_that_cannot_be_recorded_gets_503_and_is_not_sent() {
    for (kind, break_it) in [
        ("no directory", (|path| std::fs::remove_dir_all(path.parent().unwrap()).unwrap()) as fn(&Path)),
        ("a directory", |path| {
            std::fs::rename(path, path.with_extension("old")).unwrap();
            std::fs::create_dir(path).unwrap();
        }),
        ("a pipe", |path| {
            std::fs::rename(path, path.with_extension("old")).unwrap();
            assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
        }),
        ("a device", |path| {
            std::fs::rename(path, path.with_extension("old")).unwrap();
            std::os::unix::fs::symlink("/dev/full", path).unwrap();
        }),
    ] {
        let (mut gateway, simulator, trail) = start().await;
        break_it(trail.path());
        for (path, body) in [("/users", alice()), ("/users/bob/otp-token", token())] {
            refused(&post(&gateway, callers::NO_ADMINS, path, &body).await);
            post(&gateway, "unknown", path, &body).await.problem("unauthenticated");
            post(&gateway, callers::NO_ADMINS, path, &Value::Null).await.problem("malformed_request");
        }
        assert!(simulator.requests().is_empty(), "{kind}");
        assert_eq!(gateway.manage("/livez").await.0, 200, "{kind}");
        let (status, reasons) = gateway.manage("/readyz?verbose").await;
        assert_eq!((status, reasons.contains("\naudit: cannot be written: ")), (503, true), "{kind}: {reasons}");
        let counted = [count(&gateway, FAILED).await, count(&gateway, WRITTEN).await, count(&gateway, "broken").await];
        assert_eq!(counted, [2, 0, 1], "{kind}");
        let errors = gateway.wait_for_lines(1, |line| line.contains("\"ERROR\"")).await;
        assert_eq!(errors.len(), 1, "the cause is logged once: {errors:?}");
        assert!(errors[0].contains("audit trail") && !errors[0].contains("alice"), "{errors:?}");
        gateway.terminate();
        assert!(gateway.end().await.success(), "{kind}");
    }
}

#[tokio::test]
async fn the_trail_recovers_without_a_request_and_records_how_many_lines_are_missing() {
    let (gateway, simulator, trail) = start().await;
    let directory = trail.path().parent().unwrap();
    std::fs::remove_dir_all(directory).unwrap();
    for name in ["one", "two"] {
        refused(&create(&gateway, name).await);
    }
    std::fs::create_dir(directory).unwrap();
    gateway.wait_for_sample("gateway_audit_broken", 0).await;
    let (status, reasons) = gateway.manage("/readyz?verbose").await;
    assert_eq!((status, reasons.contains("\naudit: ok\n")), (200, true), "{reasons}");
    assert_eq!(create(&gateway, "three").await.status, 201);
    assert_eq!(simulator.requests().len(), 1);
    let lines = trail.lines();
    assert_eq!((lines.len(), &lines[0]["audit"], &lines[0]["lost"]), (3, &"resumed".into(), &2.into()), "{lines:?}");
    assert!(lines[0]["since"].as_str() <= lines[0]["time"].as_str(), "{lines:?}");
    assert!(names_in_documents("resumed").iter().all(|name| lines[0].get(name).is_some()), "{lines:?}");
    assert!(lines[1..].iter().all(|line| line["target"] == "three"), "{lines:?}");
}

#[tokio::test]
async fn a_rotated_audit_file_is_reopened() {
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
async fn an_audit_file_rotated_during_an_action_has_the_attempt_and_the_new_file_has_the_outcome() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let trail = gateway.audit_trail();
    let old = AuditFile::at(trail.path().with_file_name("audit.1"));
    let (reply, ()) = tokio::join!(create(&gateway, "alice"), async {
        timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE receives the call");
        std::fs::rename(trail.path(), old.path()).unwrap();
        gate.open();
    });
    assert_eq!(reply.status, 201);
    let (old, new) = (old.lines(), trail.lines());
    assert_eq!((old.len(), new.len(), &old[0]["id"]), (1, 1, &new[0]["id"]), "{old:?} {new:?}");
}

#[tokio::test]
async fn an_attempt_whose_outcome_cannot_be_written_is_counted_and_logged() {
    let (environment, simulator) = Environment::with_simulator().await;
    let trail = AuditFile::at(environment.write("trail/audit.jsonl", "").into());
    let gateway = environment.set("GATEWAY__AUDIT__SINK", trail.path().to_str().unwrap()).serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let (reply, lines) = tokio::join!(create(&gateway, "alice"), async {
        timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE receives the call");
        assert_eq!(count(&gateway, "attempts_open").await, 1);
        let lines = trail.lines();
        std::fs::remove_dir_all(trail.path().parent().unwrap()).unwrap();
        gate.open();
        lines
    });
    assert_eq!(reply.status, 201, "the caller gets the reply to an executed request");
    let line = gateway.wait_for_line(|line| line.contains("outcome of an attempt could not be written")).await;
    assert_eq!(json(&line)["audit_id"], lines[0]["id"], "{line}");
    assert_eq!(json(&line)["request_id"], reply.header("x-request-id").unwrap(), "{line}");
    let counted = (count(&gateway, "attempts_without_outcome_total").await, count(&gateway, "attempts_open").await);
    assert_eq!(counted, (1, 0));
}

#[tokio::test]
async fn a_killed_process_leaves_an_attempt_without_an_outcome() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let trail = gateway.audit_trail();
    let address = gateway.address;
    let request = raw::post("/users", &raw::usual_headers(), alice().to_string().as_bytes());
    let mut connection = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut connection, &request).await.unwrap();
    timeout(Duration::from_secs(10), gate.entered()).await.expect("CENTAGATE receives the call");
    drop(gateway); // SIGKILL
    gate.open();
    let lines = trail.lines();
    assert_eq!((lines.len(), &lines[0]["audit"], &lines[0]["target"]), (1, &"attempt".into(), &"alice".into()));

    let gateway = environment.serve().await;
    assert_eq!(create(&gateway, "carol").await.status, 201);
    let lines = trail.lines();
    assert_eq!(lines.iter().filter(|line| line["target"] == "alice").count(), 1, "{lines:?}");
    assert_eq!(lines.len(), 3, "the next process appends to the file: {lines:?}");
}

#[tokio::test]
async fn new_audit_lines_are_complete_after_a_torn_line_of_an_earlier_process() {
    let (environment, _simulator) = Environment::with_simulator().await;
    environment.write("audit.jsonl", "{\"audit\":\"attempt\",\"id\":\"0198");
    let gateway = environment.serve().await;
    assert_eq!(create(&gateway, "alice").await.status, 201);
    let text = gateway.audit_trail().text();
    let whole = text.lines().filter_map(object).count();
    assert_eq!((whole, text.lines().count()), (2, 3), "{text}");
}
