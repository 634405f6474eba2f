//! The product's table of operations, with an example request for each. Matrix tests iterate over it.

use std::sync::LazyLock;

use centagate_gateway::centagate::{Meaning, PasswordRule, percent_encode_segment};
use centagate_gateway::operations::{Body, Row, TABLE};
use centagate_simulator::{Behaviour, Instruction, Simulator};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::callers;
use crate::documented_codes::{checks_credential, documented_codes};
use crate::gateway::TestGateway;
use crate::planted::{CODES, PASSCODE, PASSWORD, PROVISIONING_KEY, QR};
use crate::raw;
use crate::reply::Reply;
use crate::return_code_table::{COMMON_CODES, Code, PASSWORD_CODES, UNDOCUMENTED_CODES, code};

/// One operation.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about an operation")]
pub(crate) struct Operation {
    /// The operationId.
    pub(crate) id: &'static str,
    /// The operation's name in metrics.
    pub(crate) label: &'static str,
    pub(crate) method: &'static str,
    /// The path pattern, such as `/users/{id}/otp-token`.
    pub(crate) path: &'static str,
    /// The title in the contract.
    pub(crate) summary: &'static str,
    pub(crate) scope: &'static str,
    /// The status of a successful reply.
    pub(crate) success: u16,
    /// A valid body, if the operation takes one.
    pub(crate) body: Option<Value>,
    /// Whether the body may be missing.
    pub(crate) body_is_optional: bool,
    /// The limit of the body in bytes, if it is not `server.max_body_bytes`.
    pub(crate) max_body_bytes: Option<usize>,
    /// Whether retries with an `Idempotency-Key` get the stored reply.
    pub(crate) honours_key: bool,
    /// Whether a successful reply contains secrets.
    pub(crate) replies_with_secret: bool,
    /// Whether the operator must enable the operation.
    pub(crate) is_off_by_default: bool,
    /// What the detail of a problem with an unknown outcome must mention.
    pub(crate) settle: &'static str,
    /// The path of CENTAGATE's call below `/CentagateWS/webresources/`, without the admin.
    pub(crate) upstream_path: &'static str,
    /// The return codes that are documented for the operation's call.
    pub(crate) own_codes: Vec<Code>,
    /// Whether CENTAGATE checks a credential and counts failed attempts.
    checks_credential: bool,
}

/// The operations of the product's table.
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| TABLE.iter().map(Operation::new).collect());

/// All operations.
pub(crate) fn operations() -> &'static [Operation] {
    &OPERATIONS
}

/// The operations that take a body.
pub(crate) fn operations_with_body() -> impl Iterator<Item = &'static Operation> {
    operations().iter().filter(|operation| operation.body.is_some())
}

/// The operation with this operationId.
pub(crate) fn operation(id: &str) -> &'static Operation {
    operations().iter().find(|operation| operation.id == id).expect(id)
}

/// The methods of a path pattern, as `Allow` lists them.
pub(crate) fn allowed_methods(path: &str) -> String {
    let methods: Vec<_> = operations().iter().filter(|operation| operation.path == path).map(|it| it.method).collect();
    methods.join(", ").replace("GET", "GET, HEAD")
}

/// CENTAGATE's reply to a successful call of any operation.
pub(crate) fn success() -> Value {
    let object = json!({ "qr": QR, "passcode": PASSCODE, "key": PROVISIONING_KEY }).to_string();
    json!({ "code": "0", "message": format!("Success {PASSCODE}"), "object": object })
}

/// Makes all later calls succeed, regardless of the simulator's users.
pub(crate) fn let_calls_succeed(simulator: &Simulator) {
    simulator.clear_instructions();
    simulator.instruct(Instruction::always(None, Behaviour::Envelope(success())));
}

/// Applies `behaviour` to the next call. Later calls succeed.
pub(crate) fn let_next_call_meet(simulator: &Simulator, behaviour: Behaviour) {
    simulator.clear_instructions();
    simulator.instruct(Instruction::once(None, behaviour));
    simulator.instruct(Instruction::always(None, Behaviour::Envelope(success())));
}

impl Operation {
    fn new(row: &'static Row) -> Self {
        let Row { spec, call, .. } = row;
        let checks_credential = checks_credential(spec.id);
        let example = spec.docs.request.as_ref().map(|request| request.example);
        Self {
            id: spec.id,
            label: spec.label,
            method: spec.method.as_str(),
            path: spec.path,
            summary: spec.docs.summary,
            scope: spec.scope.as_str(),
            success: spec.success,
            body: example.map(|example| serde_json::from_str(example).expect("a JSON example")),
            body_is_optional: spec.body == Body::Optional,
            max_body_bytes: match spec.body {
                Body::RequiredUpTo(max_bytes) => Some(max_bytes),
                Body::Ignored | Body::Forbidden | Body::Optional | Body::Required => None,
            },
            honours_key: spec.stored_as.is_some(),
            replies_with_secret: spec.replies_with_secret,
            is_off_by_default: spec.enabled_by.is_some(),
            settle: spec.settle,
            upstream_path: call.path,
            own_codes: documented_codes(spec.id).map(|(it, meaning)| code(it, meaning, checks_credential)).collect(),
            checks_credential,
        }
    }

    /// The result of every return code: the documented codes of the call, common codes, and undocumented codes.
    pub(crate) fn codes(&self) -> Vec<Code> {
        let common = COMMON_CODES.iter().flat_map(|(numbers, meaning)| numbers.iter().map(|it| (*it, *meaning)));
        let passwords = PASSWORD_CODES.map(|it| (it, Meaning::PasswordRejected(PasswordRule::Length)));
        let undocumented = UNDOCUMENTED_CODES.map(|it| (it, Meaning::Undocumented));
        let others = common.chain(passwords).chain(undocumented);
        let others = others.map(|(it, meaning)| code(it, meaning, self.checks_credential));
        let is_own = |code: &Code| self.own_codes.iter().any(|own| own.number == code.number);
        self.own_codes.iter().copied().chain(others.filter(|code| !is_own(code))).collect()
    }

    /// Whether the path names the target user. Otherwise the body does.
    pub(crate) fn has_id(&self) -> bool {
        self.path.contains("{id}")
    }

    /// The path of a request about a user, and about a mobile token if the path names a kind.
    pub(crate) fn path_of(&self, username: &str) -> String {
        self.path_with_id(&percent_encode_segment(username))
    }

    /// The path with this segment as the id.
    pub(crate) fn path_with_id(&self, segment: &str) -> String {
        self.path.replace("{kind}", "mobile").replace("{id}", segment)
    }

    /// The example body about a user. Passwords and codes in it are the planted ones.
    pub(crate) fn body_of(&self, username: &str) -> Option<Value> {
        let mut body = self.body.clone()?;
        if !self.has_id() {
            body["username"] = username.into();
        }
        if let Some(password) = body.get_mut("password") {
            *password = PASSWORD.into();
        }
        if let Some(codes) = body.get_mut("codes") {
            *codes = json!(CODES);
        }
        Some(body)
    }

    /// The example body about a user as text, or an empty text if the operation takes none.
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
    /// The example request about a user with this caller key.
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
