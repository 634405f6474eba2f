//! The audit trail on a disk that is full or read-only.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use centagate_simulator::{Admin, Behaviour, Config, Gate, Instruction, Simulator};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::audit_file::AuditFile;
use crate::caller::Caller;
use crate::environment::Environment;
use crate::gateway::{Gateway, user};
use crate::process::{TEST_TIMEOUT, json};

/// Actions in flight when the disk fills up.
const HELD: usize = 32;

/// A disk in memory. Dropping it unmounts it.
struct Disk(PathBuf);

impl Disk {
    /// Mounts a disk of `bytes`, rounded up to whole pages.
    fn mount(directory: &Path, bytes: u64) -> Self {
        mount(&["-t", "tmpfs", "-o", &format!("size={bytes},mode=700"), "tmpfs"], directory);
        Self(directory.to_owned())
    }

    fn remount(&self, options: &str) {
        mount(&["-o", &format!("remount,{options}")], &self.0);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A lazy unmount, because the gateway may still have a file open.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], directory: &Path) {
    let status = Command::new("mount").args(arguments).arg(directory).status().expect("mount, of the package mount");
    assert!(
        status.success(),
        "a disk in memory cannot be mounted: this test needs root (in a container CAP_SYS_ADMIN)"
    );
}

const ATTEMPT_FAILED: &str = "gateway_audit_lines_total{event=\"attempt\",result=\"failed\"}";
const OUTCOME_FAILED: &str = "gateway_audit_lines_total{event=\"outcome\",result=\"failed\"}";
const WITHOUT_OUTCOME: &str = "gateway_audit_attempts_without_outcome_total";
const BROKEN: &str = "gateway_audit_broken";

async fn setup(trail: &Path) -> (Gateway, Simulator) {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let sink = trail.to_str().expect("a path in UTF-8");
    (Gateway::configured(&simulator, &admin, &[("GATEWAY__AUDIT__SINK", sink)]), simulator)
}

#[tokio::test]
async fn a_gateway_started_on_a_full_disk_is_not_ready_until_there_is_space() {
    let directory = tempfile::tempdir().expect("a directory");
    let disk = Disk::mount(directory.path(), 4096);
    std::fs::write(directory.path().join("other"), filler(4096)).expect("the filler");
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let old = Environment::new(&simulator.base_url(), &admin).serve().await;
    let trail = directory.path().join("audit.jsonl");
    let environment = Environment::new(&simulator.base_url(), &admin);
    let gateway = environment.set("GATEWAY__AUDIT__SINK", trail.to_str().expect("UTF-8")).serve().await;
    let (status, reasons) = gateway.manage("/readyz?verbose").await;
    assert_eq!((status, reasons.contains("\naudit: cannot be written: ")), (503, true), "{reasons}");
    assert_eq!(Caller::of(&old).create_user("served").await.status, 201, "the old process still serves");
    disk.remount("size=64k");
    Caller::of(&gateway).wait_for_readiness(200).await;
    let lines = AuditFile::at(trail).lines();
    assert_eq!(lines.iter().map(|line| &line["audit"]).collect::<Vec<_>>(), ["resumed"]);
}

#[tokio::test]
async fn an_action_during_which_the_disk_fills_up_gets_its_reply_and_later_ones_get_503() {
    let directory = tempfile::tempdir().expect("a directory");
    let page = 4096;
    let disk = Disk::mount(directory.path(), page as u64);
    let trail = directory.path().join("audit.jsonl");
    let (gateway, simulator) = setup(&trail).await;
    // There is room for an attempt and a part of its outcome.
    std::fs::write(&trail, filler(page - 350)).expect("the filler");
    assert_eq!(gateway.post("/users", &user("first")).await, 201, "the caller gets the reply to an executed request");
    assert_eq!((simulator.requests().len(), gateway.metric(OUTCOME_FAILED).await), (1, Some(1)));
    assert_eq!((gateway.metric(BROKEN).await, gateway.metric(WITHOUT_OUTCOME).await), (Some(1), Some(1)));
    for _ in 0..3 {
        assert_eq!(gateway.post("/users", &user("second")).await, 503);
    }
    assert_eq!((simulator.requests().len(), gateway.metric(ATTEMPT_FAILED).await), (1, Some(3)));
    assert_eq!(gateway.metric(BROKEN).await, Some(1));

    disk.remount("size=64k");
    let started = Instant::now();
    while gateway.metric(BROKEN).await != Some(0) {
        assert!(started.elapsed() < TEST_TIMEOUT, "the trail does not recover");
        sleep(Duration::from_millis(20)).await; // poll interval
    }
    assert_eq!(gateway.post("/users", &user("third")).await, 201, "the trail has recovered");
    assert_eq!(simulator.requests().len(), 2);
    let text = std::fs::read_to_string(&trail).expect("the trail");
    let lines: Vec<(&str, Option<Value>)> = text.lines().map(|line| (line, serde_json::from_str(line).ok())).collect();
    let torn: Vec<_> = lines.iter().filter(|(_, whole)| whole.is_none()).map(|(line, _)| line).collect();
    assert_eq!(torn.len(), 1, "exactly one line is torn: {torn:?}");
    assert!(torn[0].starts_with("{\"audit\":\"outcome\""), "{torn:?}");
    let events = |target: &str| {
        let lines = lines.iter().filter_map(|(_, line)| line.as_ref()).filter(|line| line["target"] == target);
        lines.map(|line| line["audit"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(events("first"), ["attempt"]);
    assert_eq!(events("third"), ["attempt", "outcome"]);
    let resumed = lines.iter().filter_map(|(_, line)| line.as_ref()).find(|line| line["audit"] == "resumed");
    assert_eq!(resumed.expect("a line that reports the gap")["lost"], 4, "an outcome and three attempts");
    assert!(!events("second").contains(&"attempt".to_owned()), "{text}");
    gateway.stop().await;
}

#[tokio::test]
async fn a_full_disk_causes_two_warnings_and_not_one_per_request() {
    let directory = tempfile::tempdir().expect("a directory");
    let disk = Disk::mount(directory.path(), 65_536);
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let trail = directory.path().join("audit.jsonl");
    let environment = Environment::new(&simulator.base_url(), &admin);
    let gateway = environment.set("GATEWAY__AUDIT__SINK", trail.to_str().expect("UTF-8")).serve().await;
    let caller = Caller::of(&gateway);
    let gate = Gate::new();
    simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    let held = (0..HELD).map(|number| {
        let caller = caller.clone();
        tokio::spawn(async move { caller.create_user(&format!("held-{number}")).await.status })
    });
    let held: Vec<_> = held.collect();
    timeout(TEST_TIMEOUT, gate.entered_by(HELD)).await.expect("CENTAGATE holds all calls");
    let written = std::fs::metadata(&trail).expect("the trail").len();
    // Fills the rest of the disk. The trail's file keeps its last page.
    let rest = 65_536 - usize::try_from(written.next_multiple_of(4096)).expect("a size");
    std::fs::write(directory.path().join("other"), filler(rest)).expect("the filler");
    gate.open();
    for held in held {
        assert_eq!(held.await.expect("no panic"), 201, "the caller gets the reply to an executed request");
    }
    caller.wait_for_metric(BROKEN, 1).await;
    for number in 0..200 {
        assert_eq!(caller.create_user(&format!("refused-{number}")).await.status, 503);
    }
    gateway.wait_for_request("refused-199").await;
    let important = gateway.lines().into_iter().filter(|line| !line.contains("\"INFO\""));
    let messages: Vec<_> =
        important.map(|line| json(&line)["message"].as_str().expect("a message").to_owned()).collect();
    assert_eq!(messages.len(), 2, "one line about the trail and one about missing outcomes: {messages:?}");
    let missing = gateway.lines().iter().filter(|line| line.contains("could not be written")).count();
    assert_eq!(missing as u64, caller.metric(WITHOUT_OUTCOME).await, "one line per missing outcome");
    disk.remount("size=1m");
    caller.wait_for_readiness(200).await;
}

#[tokio::test]
async fn a_gateway_whose_audit_file_is_on_a_read_only_disk_does_not_start() {
    let directory = tempfile::tempdir().expect("a directory");
    let disk = Disk::mount(directory.path(), 65536);
    let trail = directory.path().join("audit.jsonl");
    disk.remount("ro");
    let environment = Environment::without_centagate();
    let environment = environment.set("GATEWAY__AUDIT__SINK", trail.to_str().expect("a path in UTF-8"));
    for command in ["check-config", "serve"] {
        let run = environment.run(&[command]);
        assert_eq!(run.status, Some(78), "{run:?}");
        assert!(run.stderr.contains("audit.sink") && run.stderr.contains("read-only"), "{run:?}");
    }
    disk.remount("rw");
    assert_eq!(environment.run(&["check-config"]).status, Some(0));
}

/// Complete lines of `bytes` in total.
fn filler(bytes: usize) -> String {
    let line = format!("{{\"filler\":\"{}\"}}\n", "x".repeat(bytes - "{\"filler\":\"\"}\n".len()));
    assert_eq!(line.len(), bytes);
    line
}
