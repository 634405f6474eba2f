//! The table of operations as the tests see it, with an example request for each. Matrix tests iterate over it.

use std::sync::LazyLock;

use centagate_gateway::centagate::percent_encode_segment;
use centagate_simulator::{Behaviour, Instruction, Simulator};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::callers;
use crate::gateway::{TestGateway, token, user};
use crate::planted::{PASSCODE, QR};
use crate::raw;
use crate::reply::Reply;

/// One operation.
pub(crate) struct Operation {
    /// The operationId.
    pub(crate) id: &'static str,
    /// The operation's name in metrics.
    pub(crate) label: &'static str,
    /// The operation's name in the log and in traces.
    pub(crate) log_name: &'static str,
    pub(crate) method: &'static str,
    /// The path pattern, such as `/users/{id}/otp-token`.
    pub(crate) path: &'static str,
    pub(crate) scope: &'static str,
    /// The status of a successful reply.
    pub(crate) success: u16,
    /// A valid body, if the operation takes one.
    pub(crate) body: Option<Value>,
    /// Whether retries with an `Idempotency-Key` get the stored reply.
    pub(crate) honours_key: bool,
    /// Whether a successful reply contains the passcode and the QR code.
    pub(crate) replies_with_secret: bool,
    /// What a problem with an unknown outcome must say about settling it.
    pub(crate) settle: &'static str,
    /// The path of CENTAGATE's call below `/CentagateWS/webresources/`, without the admin.
    pub(crate) upstream_path: &'static str,
    /// The return codes that have a meaning of their own in this operation.
    pub(crate) codes: Vec<Code>,
}

/// What a return code of CENTAGATE becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Code {
    pub(crate) number: i64,
    pub(crate) status: u16,
    pub(crate) problem: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) key: Key,
}

/// What happens to an `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Key {
    /// A retry gets the stored reply.
    Replay,
    /// A retry is executed as a new request.
    Release,
    /// A retry is refused, because the outcome is unknown.
    Unknown,
}

const fn not_executed(number: i64, status: u16, problem: &'static str, key: Key) -> Code {
    Code { number, status, problem, outcome: "notExecuted", key }
}

const fn unknown(number: i64, problem: &'static str) -> Code {
    Code { number, status: 502, problem, outcome: "unknown", key: Key::Unknown }
}

/// The codes that mean the same in every operation (the table in the contract).
pub(crate) const COMMON_CODES: &[Code] = &[
    not_executed(10001, 502, "centagate_denied", Key::Release),
    not_executed(23016, 502, "centagate_denied", Key::Release),
    not_executed(23018, 502, "centagate_denied", Key::Release),
    not_executed(10002, 422, "rejected_by_centagate", Key::Release),
    unknown(10003, "centagate_failed"),
    unknown(10004, "centagate_failed"),
    unknown(10011, "centagate_failed"),
    unknown(22011, "centagate_failed"),
    not_executed(20002, 502, "centagate_failed", Key::Release),
    not_executed(27001, 502, "centagate_failed", Key::Release),
];

/// Codes that no document explains.
pub(crate) const UNDOCUMENTED_CODES: [i64; 7] = [1, -1, 10000, 22026, 99_999, 230_001, 4_000_000_000];

/// The result of an undocumented code.
pub(crate) fn undocumented(number: i64) -> Code {
    unknown(number, "centagate_unexpected")
}

const USER_NOT_FOUND: Code = not_executed(22002, 404, "user_not_found", Key::Release);

/// All operations.
pub(crate) static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    vec![
        Operation {
            id: "createUser",
            label: "register_user",
            log_name: "register_user",
            method: "POST",
            path: "/users",
            scope: "users:create",
            success: 201,
            body: Some(user("alice")),
            honours_key: true,
            replies_with_secret: false,
            settle: "GET /users/{id}",
            upstream_path: "user/registerUserActivate",
            codes: vec![
                not_executed(22001, 409, "email_taken", Key::Replay),
                not_executed(22025, 409, "username_taken", Key::Replay),
                not_executed(21001, 422, "group_not_found", Key::Release),
                not_executed(22013, 403, "user_limit_reached", Key::Release),
            ],
        },
        Operation {
            id: "registerOtpToken",
            label: "register_one_time_pin",
            log_name: "register_one_time_pin",
            method: "POST",
            path: "/users/{id}/otp-token",
            scope: "otp-tokens:create",
            success: 201,
            body: Some(token()),
            honours_key: true,
            replies_with_secret: true,
            settle: "GET /users/{id}",
            upstream_path: "device/register/onetimepin",
            codes: vec![
                USER_NOT_FOUND,
                not_executed(22004, 409, "user_not_active", Key::Release),
                not_executed(22027, 409, "otp_token_already_registered", Key::Replay),
            ],
        },
        Operation {
            id: "getUser",
            label: "list_authentication",
            log_name: "list_authentication",
            method: "GET",
            path: "/users/{id}",
            scope: "users:read",
            success: 200,
            body: None,
            honours_key: false,
            replies_with_secret: false,
            settle: "GET /users/{id}",
            upstream_path: "user/auth/list",
            codes: vec![USER_NOT_FOUND],
        },
    ]
});

/// All operations.
pub(crate) fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// The operation with this operationId.
pub(crate) fn operation(id: &str) -> &'static Operation {
    operations().iter().find(|operation| operation.id == id).expect(id)
}

/// Every scope, including those that no operation requires by itself.
pub(crate) fn scopes() -> Vec<&'static str> {
    let mut scopes: Vec<_> = operations().iter().map(|operation| operation.scope).chain(["admins:create"]).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// The methods of a path pattern, as `Allow` lists them.
pub(crate) fn allowed_methods(path: &str) -> String {
    let methods: Vec<_> = operations().iter().filter(|operation| operation.path == path).map(|it| it.method).collect();
    methods.join(", ").replace("GET", "GET, HEAD")
}

/// CENTAGATE's reply to a successful call of any operation.
pub(crate) fn success() -> Value {
    let object = json!({ "qr": QR, "passcode": PASSCODE }).to_string();
    json!({ "code": "0", "message": format!("Success {PASSCODE}"), "object": object })
}

/// Every call succeeds from now on, regardless of the users that the simulator has.
pub(crate) fn let_calls_succeed(simulator: &Simulator) {
    simulator.clear_instructions();
    simulator.instruct(Instruction::always(None, Behaviour::Envelope(success())));
}

/// The next call meets `behaviour`; those after it succeed.
pub(crate) fn let_next_call_meet(simulator: &Simulator, behaviour: Behaviour) {
    simulator.clear_instructions();
    simulator.instruct(Instruction::once(None, behaviour));
    simulator.instruct(Instruction::always(None, Behaviour::Envelope(success())));
}

impl Operation {
    /// Whether the path names the target. Otherwise the body does.
    pub(crate) fn has_id(&self) -> bool {
        self.path.contains("{id}")
    }

    /// The path of a request about a user.
    pub(crate) fn path_of(&self, username: &str) -> String {
        self.path.replace("{id}", &percent_encode_segment(username))
    }

    /// The example body about a user.
    pub(crate) fn body_of(&self, username: &str) -> Option<Value> {
        let mut body = self.body.clone()?;
        if !self.has_id() {
            body["username"] = username.into();
        }
        Some(body)
    }

    /// The text of the example body about a user; empty if the operation takes none.
    pub(crate) fn text_of(&self, username: &str) -> String {
        self.body_of(username).map(|body| body.to_string()).unwrap_or_default()
    }

    /// The path of CENTAGATE's call.
    pub(crate) fn upstream_path_of(&self, admin: &str) -> String {
        format!("/CentagateWS/webresources/{}/{}", self.upstream_path, percent_encode_segment(admin))
    }

    /// The example request about a user, byte for byte. Each of `headers` ends in CRLF.
    pub(crate) fn raw_request(&self, headers: &str, username: &str) -> Vec<u8> {
        self.raw_request_to(&self.path_of(username), headers, &self.text_of(username))
    }

    /// A request to `path` with `body`, byte for byte. Each of `headers` ends in CRLF.
    pub(crate) fn raw_request_to(&self, path: &str, headers: &str, body: &str) -> Vec<u8> {
        raw::request(self.method, path, headers, body.as_bytes())
    }
}

impl TestGateway {
    /// The example request about a user, sent with this caller key.
    pub(crate) fn example_as(&self, key: &str, operation: &Operation, username: &str) -> RequestBuilder {
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let request = self.request(method, &operation.path_of(username)).bearer_auth(key);
        match operation.body_of(username) {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        }
    }

    /// Sends the example request about a user as the caller with every scope.
    pub(crate) async fn send_example(&self, operation: &Operation, username: &str) -> Reply {
        self.send(self.example_as(callers::EVERYTHING, operation, username)).await
    }
}
