//! Each documented return code of the admin's calls, either from the state or by instruction.
//!
//! `log_in.rs` and `log_out.rs` test the codes of the login and the logout.

use std::collections::BTreeSet;
use std::time::SystemTime;

use centagate_simulator::{
    Behaviour, BoundToken, Certificate, Instruction, OpenAnswers, Operation, ReturnCode, Secret, Signature, Simulator,
    Tokens, User, WaitingChange,
};
use serde_json::{Value, json};

use crate::bench::{Bench, change};
use crate::documented_codes::DOCUMENTED;

/// Alice has no tokens. Bob is locked and has a token of each kind. Carl's token is locked. Dora and her token are
/// inactive.
async fn bench() -> Bench {
    let bench = Bench::with_alice().await;
    let simulator = &bench.simulator;
    simulator.add_to_stock("HW1");
    let token = |sn: &str, status: &str| Some(BoundToken { sn: sn.to_owned(), status: status.to_owned() });
    let hardware = |sn: &str, status: &str| Tokens { hardware: token(sn, status), ..Tokens::default() };
    simulator.add_user(User {
        email: "bob@example.com".to_owned(),
        locked: true,
        password: Some(Secret("correct horse".to_owned())),
        tokens: Tokens { sms: token("+60111111111", "1"), ..hardware("HW2", "1") },
        certificates: vec![Certificate::default()],
        ..User::new("bob")
    });
    assert!(simulator.bind_token("bob"));
    simulator.add_user(User { tokens: hardware("HW3", "2"), ..User::new("carl") });
    simulator.add_user(User { active: false, tokens: hardware("HW4", "0"), ..User::new("dora") });
    bench
}

/// Changes the company or the session so that it leads to a code.
fn prepare(simulator: &Simulator, code: &str) {
    match code {
        "10001" => simulator.expire_session(),
        "20002" => simulator.set_company_exists(false),
        "22013" => simulator.set_user_limit(Some(4)),
        "22029" => {
            simulator.set_approval_required(true);
            let waiting_change = WaitingChange::PendingApproval;
            simulator.set_open_answers(OpenAnswers { waiting_change, ..OpenAnswers::default() });
        }
        "27001" => simulator.set_licence_valid(false),
        _ => (),
    }
}

/// A body that the call accepts, and the changes to it that lead to each code. Without changes, [`prepare`] is enough.
fn request(operation: Operation) -> (Value, Value) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis().to_string();
    match operation {
        Operation::CreateUser => (
            json!({
                "firstName": "Eve", "lastName": "Doe", "username": "eve", "userApp": "app", "userUniqueId": "eve",
                "userClientId": "eve", "roles": "3", "userGroup": "Staff", "userEmail": "eve@example.com",
            }),
            json!({
                "20002": {}, "21001": {"userGroup": "Unknown"}, "22001": {"userEmail": "bob@example.com"}, "22013": {},
                "22025": {"username": "alice"}, "27001": {},
            }),
        ),
        Operation::UpdateUser => (
            json!({"username": "alice", "city": "Ipoh"}),
            json!({
                "20002": {}, "21001": {"userGroupName": "Unknown"}, "22001": {"email": "bob@example.com"}, "22029": {},
            }),
        ),
        Operation::SetUserStatus => (json!({"username": "alice", "status": "0"}), json!({})),
        Operation::UnlockUser => (
            json!({"lockedUsername": "bob"}),
            json!({"20002": {}, "22006": {"lockedUsername": "admin"}, "22016": {"lockedUsername": "alice"}}),
        ),
        Operation::GetUser | Operation::DeleteUser => (json!({"username": "alice"}), json!({})),
        Operation::SetPassword => (
            json!({"username": "bob", "newPassword": "battery staple"}),
            json!({"28007": {"newPassword": "correct horse"}, "28011": {"newPassword": "bob"}}),
        ),
        Operation::RegisterOtpToken => (
            json!({"username": "alice", "status": "2"}),
            json!({"22004": {"username": "dora"}, "22027": {"username": "bob"}}),
        ),
        Operation::RegisterSmsToken => (
            json!({"username": "alice", "tokenType": "1", "tokenSn": "+60123456789"}),
            json!({"29004": {"tokenSn": "+60111111111"}}),
        ),
        Operation::RegisterHardwareToken => (
            json!({"username": "alice", "tokenType": "2", "tokenSn": "HW1"}),
            json!({"29001": {"tokenSn": "HW9"}, "29008": {"username": "bob"}, "29017": {"tokenSn": "HW2"}}),
        ),
        Operation::RegisterCertificate => (
            json!({"username": "alice", "signature": "MIIB", "timestamp": now, "status": "2"}),
            json!({"22004": {"username": "dora"}, "22027": {"username": "bob"}}),
        ),
        Operation::RegisterOfflineToken => (json!({"username": "alice"}), json!({"29008": {"username": "bob"}})),
        Operation::GetTokenStatus => (json!({"username": "bob", "type": "2"}), json!({})),
        Operation::SetTokenStatus => {
            (json!({"username": "bob", "type": "2", "status": "4"}), json!({"29001": {"username": "alice"}}))
        }
        Operation::UnregisterToken => {
            let missing = |kind: &str| json!({"username": "alice", "type": kind});
            (
                json!({"username": "bob", "type": "2"}),
                json!({"26011": missing("4"), "29001": missing("2"), "29013": missing("3"), "36000": missing("1")}),
            )
        }
        Operation::UnlockHardwareToken => {
            (json!({"username": "carl"}), json!({"29001": {"username": "alice"}, "29017": {"username": "bob"}}))
        }
        Operation::SyncHardwareToken => (
            json!({"username": "bob", "otpStr1": "123456", "otpStr2": "654321"}),
            json!({"29001": {"username": "alice"}, "29002": {"username": "dora"}, "54002": {"otpStr2": "000000"}}),
        ),
        other => panic!("no request for {other:?}"),
    }
}

/// The changes to the body that lead to a code, or `None`.
fn changes(operation: Operation, code: &str) -> Option<Value> {
    let name = if operation == Operation::UnlockUser { "lockedUsername" } else { "username" };
    match code {
        "0" | "10001" => Some(json!({})),
        "10002" => Some(json!({name: null})),
        "22002" => Some(json!({name: "nobody"})),
        _ => request(operation).1.get(code).cloned(),
    }
}

/// Sends a request that is signed with the bench's session, and returns the code.
async fn code_of(bench: &Bench, operation: Operation, changes: Value) -> Value {
    let (mut body, _) = request(operation);
    body["cenToken"] = bench.cen_token().into();
    change(&mut body, changes);
    let (path, _) = operation.call().paths[0];
    bench.put(&path.replace("{admin}", "admin"), &body).await.code()
}

#[test]
fn every_call_lists_the_documented_codes() {
    let listed: Vec<_> = DOCUMENTED.iter().map(|(operation, ..)| *operation).collect();
    assert!(Operation::ALL.iter().all(|operation| listed.contains(operation)));
    for (operation, from_state, by_instruction) in DOCUMENTED {
        let documented: BTreeSet<_> = [from_state, by_instruction].iter().flat_map(|codes| codes.split(' ')).collect();
        let documented: BTreeSet<_> = documented.into_iter().filter(|code| !code.is_empty()).collect();
        let listed: BTreeSet<_> = operation.call().codes.iter().map(|ReturnCode { code, .. }| *code).collect();
        assert_eq!(listed, documented, "{operation:?}");
    }
}

#[tokio::test]
async fn each_code_that_follows_from_the_state_is_returned_in_that_state() {
    for (operation, from_state, _) in DOCUMENTED {
        if !operation.call().paths.iter().all(|(_, signature)| *signature == Signature::Admin) {
            continue;
        }
        for code in from_state.split(' ') {
            let bench = bench().await;
            prepare(&bench.simulator, code);
            let changes = changes(*operation, code).unwrap_or_else(|| panic!("{operation:?} {code}: no state"));
            assert_eq!(code_of(&bench, *operation, changes).await, code, "{operation:?}");
        }
    }
}

#[tokio::test]
async fn each_other_code_is_returned_by_instruction_to_a_valid_request() {
    let bench = bench().await;
    for (operation, _, by_instruction) in DOCUMENTED {
        for code in by_instruction.split(' ').filter(|code| !code.is_empty()) {
            if *operation == Operation::LogIn {
                continue;
            }
            bench.simulator.instruct(Instruction::once(*operation, Behaviour::code(code)));
            assert_eq!(code_of(&bench, *operation, json!({})).await, code, "{operation:?}");
            assert_eq!(changes(*operation, code), None, "{operation:?} {code} follows from state");
        }
    }
    assert_eq!(bench.simulator.executions(), 0);
}
