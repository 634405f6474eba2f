//! The contract as schemathesis understands it, against the gateway: requests made from the document by the hundred, legal
//! and illegal, and every reply compared with what the document says.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use centagate_simulator::Operation::{CreateUser, RegisterOtpToken};
use centagate_simulator::{Admin, Behaviour, Config, Instruction, Operation, Simulator, User};
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

use crate::gateway::{Gateway, KEY};

/// Where `.ci/run` installs it.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/schemathesis/bin/schemathesis");
/// What the document has no words for: how an integer is spelled.
const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/schemathesis/hooks.py");

/// What is right where CENTAGATE has rules of its own.
const REFUSALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/schemathesis/refusals.toml");

/// Room for all requests, and the defaults without which `group` and `app` are required although the document, which
/// cannot know, has them optional.
const CONFIGURATION: [(&str, &str); 6] = [
    ("GATEWAY__RATE_LIMIT__REQUESTS_PER_MINUTE", "1000000"),
    ("GATEWAY__RATE_LIMIT__BURST", "1000000"),
    ("GATEWAY__RATE_LIMIT__CODES_PER_USER_PER_MINUTE", "0"),
    ("GATEWAY__CENTAGATE__UNDOCUMENTED_CALLS", "true"),
    ("GATEWAY__USERS__DEFAULT_GROUP", "Staff"),
    ("GATEWAY__USERS__DEFAULT_APP", "portal"),
];

const DEADLINE: Duration = Duration::from_secs(900);

#[tokio::test]
async fn three_hundred_requests_an_operation_keep_the_contract_in_every_check() {
    let simulator = start().await;
    check(&simulator, &["--config-file", REFUSALS]).await;
    let codes = codes(&simulator);
    for met in [(CreateUser, "22025"), (RegisterOtpToken, "0"), (RegisterOtpToken, "22002")] {
        assert!(codes.contains_key(&met), "{met:?}: {codes:?}");
    }
}

#[tokio::test]
async fn three_hundred_requests_an_operation_keep_the_contract_where_centagate_accepts_everything() {
    let simulator = start().await;
    let token = json!({ "passcode": "482913", "qr": "wtxIcRUTPbf4B/Sm4NZcR7+xlyq2+A6Z" }).to_string();
    for (operation, object) in [(CreateUser, json!("10045")), (RegisterOtpToken, json!(token))] {
        let success = json!({ "code": "0", "message": "Success", "object": object });
        simulator.instruct(Instruction::always(operation, Behaviour::Envelope(success)));
    }
    check(&simulator, &[]).await;
    let codes = codes(&simulator);
    for operation in [CreateUser, RegisterOtpToken] {
        assert!(codes.get(&(operation, "0")).is_some_and(|count| *count > 100), "{codes:?}");
    }
}

async fn start() -> Simulator {
    let simulator = Simulator::start(Config::new(admin())).await.expect("a simulator");
    simulator.add_user(User::new("alice")); // whom the document's examples name
    simulator
}

fn admin() -> Admin {
    Admin { username: "admin".into(), auth_token: "token".into(), secret_code: "code".into() }
}

/// How often CENTAGATE answered each code.
fn codes(simulator: &Simulator) -> HashMap<(Operation, &'static str), usize> {
    let mut codes = HashMap::new();
    for request in simulator.requests() {
        let code =
            ["0", "22001", "22002", "22025", "22027"].into_iter().find(|code| request.code.as_deref() == Some(code));
        *codes.entry((request.operation.expect("an operation"), code.unwrap_or("another"))).or_default() += 1;
    }
    codes
}

/// Runs all checks on a gateway in front of `simulator`.
async fn check(simulator: &Simulator, options: &[&str]) {
    assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is absent: .ci/run installs it, with Debian's python3-venv");
    let gateway = Gateway::configured(simulator, &admin(), &CONFIGURATION);
    let home = tempfile::tempdir().expect("a directory");
    let finished = Command::new(PROGRAM)
        .args(options)
        .args(["run", &format!("{}/openapi.json", gateway.url), "--checks", "all", "--max-examples", "300"])
        .args(["--seed", "20260131", "--header", &format!("Authorization: Bearer {KEY}"), "--no-color"])
        .current_dir(home.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("NO_PROXY", "*")
        .env("SCHEMATHESIS_HOOKS", HOOKS)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let finished = timeout(DEADLINE, finished).await.expect("it ends in time").expect("its output");
    let printed = String::from_utf8_lossy(&finished.stdout);
    assert!(
        finished.status.success(),
        "schemathesis ended with {}\n{printed}\n{}",
        finished.status,
        String::from_utf8_lossy(&finished.stderr)
    );
    println!("{printed}");
    gateway.stop().await;
}
