//! SIGHUP makes the gateway check its files. SIGUSR1 and SIGUSR2 do nothing.

use std::fs;
use std::io::{PipeReader, PipeWriter, Write as _, pipe};
use std::process::Command;
use std::time::Duration;

use rustix::io::ioctl_fionbio;
use tokio::time::timeout;

use crate::audit_file::AuditFile;
use crate::caller::Caller;
use crate::callers;
use crate::environment::Environment;
use crate::process::TEST_TIMEOUT;

const APPLIED: &str = "gateway_reloads_total{set=\"callers\",result=\"applied\"}";

/// An environment that polls its files once an hour.
async fn environment() -> (Environment, centagate_simulator::Simulator) {
    let (environment, simulator) = Environment::with_simulator().await;
    (environment.set("GATEWAY__SECRETS__POLL_MS", "3600000"), simulator)
}

fn add_caller(environment: &Environment, key: &str) {
    let mut text = fs::read_to_string(environment.directory.path().join("callers.toml")).unwrap();
    text.push_str(&callers::block("new", key, &["users:create"], ""));
    environment.write("callers.toml", text);
}

#[tokio::test]
async fn sighup_checks_the_watched_files_at_once_and_reopens_a_rotated_audit_file() {
    let (environment, _simulator) = environment().await;
    let mut gateway = environment.serve().await;
    let (caller, trail) = (Caller::of(&gateway), gateway.audit_trail());
    assert_eq!(caller.create_user("alice").await.status, 201);
    add_caller(&environment, "new-key");
    let rotated = AuditFile::at(trail.path().with_file_name("audit.1"));
    fs::rename(trail.path(), rotated.path()).unwrap();
    gateway.hang_up();
    caller.wait_for_metric(APPLIED, 1).await;
    let opened = timeout(TEST_TIMEOUT, async {
        while !trail.path().exists() {
            tokio::time::sleep(Duration::from_millis(10)).await; // poll interval
        }
    });
    opened.await.expect("a new file, without a request");
    assert_eq!(caller.create_user_as("new-key", "bert").await.status, 201);
    assert_eq!((rotated.lines().len(), trail.lines().len()), (2, 2));
    gateway.terminate();
    assert!(gateway.end().await.success());
}

#[tokio::test]
async fn sighup_while_draining_and_other_signals_do_not_end_the_gateway() {
    let (environment, _simulator) = environment().await;
    let environment = environment.set("GATEWAY__SERVER__DRAIN_MS", "3000");
    let mut gateway = environment.serve().await;
    let caller = Caller::of(&gateway);
    for signal in ["-USR1", "-USR2", "-PIPE", "-HUP"] {
        gateway.signal(signal);
    }
    gateway.wait_for_line(|line| line.contains("checking the watched files now")).await;
    assert_eq!(caller.create_user("alice").await.status, 201);
    gateway.terminate();
    gateway.wait_for_line(|line| line.contains("\"stopping\"")).await;
    add_caller(&environment, "new-key");
    gateway.hang_up();
    caller.wait_for_metric(APPLIED, 1).await;
    assert_eq!(caller.create_user_as("new-key", "bert").await.status, 201);
    assert_eq!(gateway.end().await.code(), Some(0));
}

/// The signals that the process handles, as bits (proc(5)).
fn handled(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    mask.map_or(0, |mask| u64::from_str_radix(mask.trim(), 16).unwrap())
}

/// A full pipe. A process that writes its fault to it blocks for a moment.
fn full_pipe() -> (PipeReader, PipeWriter) {
    let (reader, mut writer) = pipe().unwrap();
    ioctl_fionbio(&writer, true).unwrap();
    while writer.write(&[b'x'; 4096]).is_ok() {}
    (reader, writer)
}

#[tokio::test]
async fn sighup_does_not_end_a_process_that_has_not_read_its_configuration_yet() {
    let (environment, _simulator) = environment().await;
    let environment = environment.set("GATEWAY__SERVER__PORT", "none");
    let (_reader, writer) = full_pipe();
    let mut child = environment.command(&["serve"]).stderr(writer).spawn().unwrap();
    let is_handled = |signal: u32| handled(child.id()) & (1 << (signal - 1)) != 0;
    let installed = timeout(TEST_TIMEOUT, async {
        while ![1, 10, 12].into_iter().all(is_handled) {
            tokio::task::yield_now().await;
        }
    });
    installed.await.expect("handlers of SIGHUP, SIGUSR1 and SIGUSR2");
    for signal in ["-HUP", "-USR1", "-USR2"] {
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    }
    assert_eq!(
        child.wait().unwrap().code(),
        Some(78),
        "the process ends only because of its fault, although nothing reads it"
    );
}
