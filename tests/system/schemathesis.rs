//! schemathesis generates hundreds of valid and invalid requests from the contract and checks every reply against it.

use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use centagate_gateway::operations::TABLE;
use centagate_simulator::Operation::{
    CreateUser, GetTokenStatus, GetUser, RegisterHardwareToken, RegisterOfflineToken, RegisterOtpToken,
    RegisterSmsToken,
};
use centagate_simulator::{Admin, Behaviour, BoundToken, Config, Instruction, Operation, Simulator, User};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

use crate::gateway::{Gateway, KEY};

/// `.ci/run` installs the program here.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/schemathesis/bin/schemathesis");
/// The rules that the document cannot express.
const HOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/schemathesis/hooks.py");

/// The expected statuses of a CENTAGATE that applies its own rules.
const REFUSALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/system/schemathesis/refusals.toml");

/// No rate limit, every operation enabled, and defaults that make `group` and `app` optional, as the document says.
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
async fn three_hundred_requests_per_operation_pass_every_check() {
    let simulator = start().await;
    check(&simulator, &["--config-file", REFUSALS], &[]).await;
    let codes = codes(&simulator);
    assert_eq!(calls().count(), TABLE.len());
    for call in calls() {
        let count: usize = codes.iter().filter(|((it, _), _)| *it == call).map(|(_, count)| count).sum();
        assert!(count > 100, "{call:?} is called {count} times: {codes:?}");
    }
    for (call, code) in [(CreateUser, "22025"), (RegisterOtpToken, "0"), (RegisterOtpToken, "22002")] {
        assert!(codes.contains_key(&(call, code.to_owned())), "{call:?} never answers {code}: {codes:?}");
    }
}

#[tokio::test]
async fn three_hundred_requests_per_operation_pass_every_check_if_centagate_accepts_all_of_them() {
    let simulator = start().await;
    for call in calls() {
        let success = json!({ "code": "0", "message": "Success", "object": object(call) });
        simulator.instruct(Instruction::always(call, Behaviour::Envelope(success)));
    }
    // This CENTAGATE keeps the users and tokens that are deleted.
    check(&simulator, &[], &["--exclude-checks", "use_after_free"]).await;
    let codes = codes(&simulator);
    for call in calls() {
        let count = codes.get(&(call, "0".to_owned())).copied().unwrap_or_default();
        assert!(count > 20, "{call:?} succeeds {count} times: {codes:?}");
    }
}

/// The calls of all operations.
fn calls() -> impl Iterator<Item = Operation> {
    let is_offered = |call: &Operation| TABLE.iter().any(|row| json!(call) == row.spec.id);
    Operation::ALL.iter().copied().filter(is_offered)
}

/// The `object` in the reply to a successful call.
fn object(call: Operation) -> Value {
    match call {
        CreateUser => json!("10045"),
        RegisterOtpToken => json!(r#"{"passcode":"482913","qr":"wtxIcRUTPbf4B/Sm4NZcR7+xlyq2+A6Z"}"#),
        RegisterSmsToken | RegisterHardwareToken => json!(r#"{"boundTokenStatus":"1"}"#),
        RegisterOfflineToken => json!(r#"{"key":"q7m1Zr0T5cVb0x3sK9dJp2LwYhE="}"#),
        GetUser => json!({ "tokenList": [{ "sn": "1", "type": "2", "status": "1" }], "certList": [], "device": null }),
        GetTokenStatus => json!("2"),
        _ => json!(""),
    }
}

async fn start() -> Simulator {
    let simulator = Simulator::start(Config::new(admin())).await.expect("a simulator");
    let mut alice = User::new("alice"); // the document's examples use alice
    alice.tokens.hardware = Some(BoundToken { sn: "2601000043".to_owned(), status: "2".to_owned() });
    simulator.add_user(alice);
    simulator
}

fn admin() -> Admin {
    Admin { username: "admin".into(), auth_token: "token".into(), secret_code: "code".into() }
}

/// How often CENTAGATE answered each code.
fn codes(simulator: &Simulator) -> HashMap<(Operation, String), usize> {
    let mut codes = HashMap::new();
    for request in simulator.requests() {
        let call = request.operation.expect("a call that the simulator knows");
        *codes.entry((call, request.code.expect("a code"))).or_default() += 1;
    }
    codes
}

/// Runs all checks on a gateway in front of `simulator`, with options for schemathesis and for its `run` command.
async fn check(simulator: &Simulator, options: &[&str], run_options: &[&str]) {
    assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is absent: .ci/run installs it, with Debian's python3-venv");
    let gateway = Gateway::configured(simulator, &admin(), &CONFIGURATION);
    let home = tempfile::tempdir().expect("a directory");
    let finished = Command::new(PROGRAM)
        .args(options)
        .args(["run", &format!("{}/openapi.json", gateway.url), "--checks", "all", "--max-examples", "300"])
        .args(["--seed", "20260131", "--header", &format!("Authorization: Bearer {KEY}"), "--no-color"])
        .args(run_options)
        .current_dir(home.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("NO_PROXY", "*")
        .env("SCHEMATHESIS_HOOKS", HOOKS)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let finished = timeout(DEADLINE, finished).await.expect("schemathesis ends within DEADLINE").expect("the output");
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
