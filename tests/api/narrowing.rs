//! A restriction of a caller holds in every operation that could circumvent it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::callers;
use crate::callers::scopes;
use crate::gateway::{Setup, TestGateway, user, with};
use crate::operations::{let_calls_succeed, operation, operations};

/// A restriction of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Restriction {
    TargetUsernames,
    Groups,
    OtpTokenStatuses,
    /// The caller lacks `admins:create`.
    NoAdmins,
}
use Restriction::{Groups, NoAdmins, OtpTokenStatuses, TargetUsernames};

impl Restriction {
    const ALL: [Self; 4] = [TargetUsernames, Groups, OtpTokenStatuses, NoAdmins];

    /// The key of the caller with this restriction.
    fn key(self) -> String {
        format!("{self:?}")
    }

    /// The block of the caller with this restriction. The caller has every other right.
    fn block(self) -> String {
        let (mut scopes, mut rest) = (scopes(), "");
        match self {
            TargetUsernames => rest = r#"target_usernames = ["shop-*"]"#,
            Groups => rest = "groups = [\"Staff\"]\ntarget_usernames = [\"*\"]",
            OtpTokenStatuses => rest = r#"otp_token_statuses = ["pending"]"#,
            NoAdmins => scopes.retain(|scope| *scope != "admins:create"),
        }
        callers::block(&self.key(), &self.key(), &scopes, rest)
    }

    /// A part of the refusal's text.
    fn reason(self) -> &'static str {
        match self {
            TargetUsernames => "(target_usernames)",
            Groups => "(groups)",
            OtpTokenStatuses => "(otp_token_statuses)",
            NoAdmins => "the scope admins:create",
        }
    }
}

/// One request about a user.
#[derive(Debug)]
struct Step {
    operation: &'static str,
    username: &'static str,
    /// The kind of token, if the path contains one.
    kind: &'static str,
    body: Option<Value>,
}

/// A restriction, a request that it allows, and a request that would circumvent it.
#[derive(Debug)]
struct Row {
    narrowing: Restriction,
    allowed: Step,
    undoing: Step,
}

fn step(operation: &'static str, body: Value) -> Step {
    Step { operation, username: "shop-1", kind: "mobile", body: Some(body) }
}

fn create(member: &'static str, value: &str) -> Step {
    step("createUser", with(user("shop-1"), member, value))
}

fn update(member: &'static str, value: &str) -> Step {
    step("updateUser", json!({ member: value }))
}

fn register(status: &str) -> Step {
    step("registerOtpToken", json!({ "status": status }))
}

fn register_certificate(status: &str) -> Step {
    step("registerCertificate", json!({ "signature": "MIIB", "status": status }))
}

fn set_status(kind: &'static str) -> Step {
    Step { kind, ..step("setTokenStatus", json!({ "status": "valid" })) }
}

/// The rows. Every operation in the table has a row for `target_usernames`.
fn rows() -> Vec<Row> {
    let table = [
        (Groups, create("group", "Staff"), create("group", "Guests")),
        (Groups, create("group", "Staff"), update("group", "Guests")),
        (OtpTokenStatuses, register("pending"), register("valid")),
        (OtpTokenStatuses, register("pending"), set_status("mobile")),
        (OtpTokenStatuses, register("pending"), step("registerSmsToken", json!({ "phoneNumber": "+60123456789" }))),
        (OtpTokenStatuses, register("pending"), step("registerHardwareToken", json!({ "serialNumber": "2601000042" }))),
        (OtpTokenStatuses, register("pending"), step("registerOfflineToken", json!({}))),
        (OtpTokenStatuses, register_certificate("pending"), register_certificate("valid")),
        (OtpTokenStatuses, register_certificate("pending"), set_status("pki")),
        (NoAdmins, create("role", "user"), create("role", "companyAdmin")),
        (NoAdmins, create("role", "user"), create("role", "groupAdmin")),
        (NoAdmins, create("role", "user"), update("role", "companyAdmin")),
        (NoAdmins, create("role", "user"), update("role", "groupAdmin")),
        // This would demote an admin.
        (NoAdmins, update("city", "Ipoh"), update("role", "user")),
    ];
    let targets = operations().iter().map(|operation| {
        let about =
            |username| Step { operation: operation.id, username, kind: "mobile", body: operation.body_of(username) };
        (TargetUsernames, about("shop-1"), about("bob"))
    });
    let rows = table.into_iter().chain(targets);
    rows.map(|(narrowing, allowed, undoing)| Row { narrowing, allowed, undoing }).collect()
}

/// The restrictions that an operation could circumvent, besides `target_usernames`.
fn could_circumvent(operation: &str) -> &'static [Restriction] {
    match operation {
        "createUser" | "updateUser" => &[Groups, NoAdmins],
        "registerOtpToken"
        | "registerSmsToken"
        | "registerHardwareToken"
        | "registerOfflineToken"
        | "registerCertificate"
        | "setTokenStatus" => &[OtpTokenStatuses],
        // These operations set no group, role or token status, and register no token.
        "getUser"
        | "getTokenStatus"
        | "unlockUser"
        | "setUserStatus"
        | "deleteUser"
        | "setPassword"
        | "unregisterToken"
        | "unlockHardwareToken"
        | "syncHardwareToken" => &[],
        other => panic!("list the restrictions that {other} could circumvent"),
    }
}

/// Sends a request. Returns its status and the reason of a refusal.
async fn send(gateway: &TestGateway, key: &str, step: &Step) -> (u16, String) {
    let operation = operation(step.operation);
    let path = operation.path.replace("{kind}", step.kind).replace("{id}", step.username);
    let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
    let request = match &step.body {
        Some(body) => gateway.json_as(key, method, &path, body),
        None => gateway.request(method, &path).bearer_auth(key),
    };
    let reply = gateway.send(request).await;
    let detail = if reply.status == 403 { reply.problem("forbidden")["detail"].to_string() } else { String::new() };
    (reply.status, detail)
}

#[tokio::test]
async fn no_operation_circumvents_a_restriction_of_another() {
    let blocks: String = Restriction::ALL.into_iter().map(Restriction::block).collect();
    let everything = callers::block("everything", callers::EVERYTHING, &scopes(), "");
    let gateway = Setup::new().callers(blocks + &everything).without_rate_limit().start().await;
    let_calls_succeed(&gateway.simulator);
    for (number, row) in rows().iter().enumerate() {
        let Row { narrowing, allowed, undoing } = row;
        let sent = || gateway.simulator.requests().len();
        let success = |step: &Step| (operation(step.operation).success, String::new());
        assert_eq!(send(&gateway, &narrowing.key(), allowed).await, success(allowed), "{row:?}");
        assert_eq!(sent(), 2 * number + 1, "{row:?}");

        let (status, reason) = send(&gateway, &narrowing.key(), undoing).await;
        assert_eq!(status, 403, "{row:?}");
        assert!(reason.contains(narrowing.reason()), "{row:?}: {reason}");
        assert_eq!(sent(), 2 * number + 1, "CENTAGATE receives nothing: {row:?}");

        assert_eq!(
            send(&gateway, callers::EVERYTHING, undoing).await,
            success(undoing),
            "the same request with the right: {row:?}"
        );
        assert_eq!(sent(), 2 * number + 2, "{row:?}");
    }
}

#[test]
fn each_operation_has_a_row_for_each_restriction_that_it_could_circumvent() {
    let rows = rows();
    for operation in operations() {
        for narrowing in Restriction::ALL {
            let has_row = rows.iter().any(|row| row.narrowing == narrowing && row.undoing.operation == operation.id);
            let needs_row = narrowing == TargetUsernames || could_circumvent(operation.id).contains(&narrowing);
            assert_eq!(has_row, needs_row, "{} {narrowing:?}", operation.id);
        }
    }
}
