//! The contract as schemathesis understands it, against the gateway: requests made from the document by the hundred, legal
//! and illegal, and every reply compared with what the document says.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator, User};
use tokio::process::Command;
use tokio::time::timeout;

use crate::gateway::{Gateway, KEY};

/// Where `.ci/run` installs it.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/schemathesis/bin/schemathesis");
/// What the document has no words for: which groups exist, how an integer is spelled.
const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/schemathesis/hooks.py");

/// Room for all requests, and the defaults without which `group` and `app` are required although the document, which
/// cannot know, has them optional.
const CONFIGURATION: [(&str, &str); 4] = [
    ("GATEWAY__RATE_LIMIT__REQUESTS_PER_MINUTE", "1000000"),
    ("GATEWAY__RATE_LIMIT__BURST", "1000000"),
    ("GATEWAY__USERS__DEFAULT_GROUP", "Staff"),
    ("GATEWAY__USERS__DEFAULT_APP", "portal"),
];

const DEADLINE: Duration = Duration::from_secs(900);

#[tokio::test]
async fn three_hundred_requests_an_operation_keep_the_contract_in_every_check() {
    assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is absent: .ci/run installs it, with Debian's python3-venv");
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    simulator.add_user(User::new("alice")); // whom the document's examples name
    let gateway = Gateway::configured(&simulator, &admin, &CONFIGURATION);
    let home = tempfile::tempdir().expect("a directory");
    let finished = Command::new(PROGRAM)
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
    assert!(simulator.user("alice").is_some_and(|alice| alice.token.is_some()), "a token was registered\n{printed}");
    assert!(simulator.executions() > 20, "most legal requests were carried out\n{printed}");
    println!("{printed}");
    gateway.stop().await;
}
