//! A gateway under test: the application on free ports in front of a simulator, with a client for its API.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use centagate_gateway::settings::{Settings, Sources};
use centagate_gateway::startup::Application;
use centagate_simulator::{Admin, Config, Simulator, User};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::audit_file::AuditFile;
use crate::callers;
use crate::raw;
use crate::reply::Reply;

/// The configuration of a gateway under test.
pub(crate) struct Setup {
    admin: Admin,
    upstream: Option<String>,
    callers: Option<String>,
    variables: BTreeMap<String, String>,
}

impl Setup {
    pub(crate) fn new() -> Self {
        Self { admin: Admin::with_fresh_session("admin"), upstream: None, callers: None, variables: BTreeMap::new() }
    }

    /// The admin of the gateway and of the simulator.
    pub(crate) fn admin(mut self, username: &str, auth_token: &str, secret_code: &str) -> Self {
        self.admin =
            Admin { username: username.into(), auth_token: auth_token.into(), secret_code: secret_code.into() };
        self
    }

    /// Replaces the text of the callers file.
    pub(crate) fn callers(mut self, text: impl Into<String>) -> Self {
        self.callers = Some(text.into());
        self
    }

    /// Replaces the simulator as the upstream.
    pub(crate) fn upstream(mut self, base_url: impl Into<String>) -> Self {
        self.upstream = Some(base_url.into());
        self
    }

    /// Sets a configuration key, such as `server.public_url`.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        let name = format!("GATEWAY__{}", key.to_uppercase().replace('.', "__"));
        self.variables.insert(name, value.to_owned());
        self
    }

    /// Sets a rate limit that no test reaches. Replies still contain its fields.
    pub(crate) fn without_rate_limit(self) -> Self {
        self.set("rate_limit.requests_per_minute", "1000000000")
            .set("rate_limit.burst", "1000000000")
            .set("rate_limit.codes_per_user_per_minute", "0")
    }

    /// Sets deadlines that are short enough for a test to wait for.
    pub(crate) fn hurried(self) -> Self {
        self.set("centagate.connect_timeout_ms", "150")
            .set("centagate.request_timeout_ms", "150")
            .set("server.request_timeout_ms", "600")
    }

    pub(crate) async fn start(self) -> TestGateway {
        let Self { admin, upstream, callers, variables } = self;
        let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
        simulator.add_user(User::new("bob"));
        let directory = tempfile::tempdir().unwrap();
        let callers_file = callers::write(directory.path());
        if let Some(text) = &callers {
            std::fs::write(&callers_file, text).unwrap();
        }
        let mut setup = Self { admin, upstream, callers, variables: BTreeMap::new() }
            .set("server.port", "0")
            .set("server.workers", "1")
            .set("management.port", "0")
            .set("audit.sink", &directory.path().join("audit.jsonl").display().to_string())
            .set("callers_file", &callers_file.display().to_string())
            .set("centagate.undocumented_calls", "true");
        let base_url = setup.upstream.take().unwrap_or_else(|| simulator.base_url());
        let Admin { username, auth_token, secret_code } = setup.admin.clone();
        setup = setup
            .set("centagate.base_url", &base_url)
            .set("centagate.admin.username", &username)
            .set("centagate.admin.auth_token", &auth_token)
            .set("centagate.admin.secret_code", &secret_code);
        setup.variables.extend(variables);
        let settings = Settings::load(&Sources {
            config_dir: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("config")),
            environment: "local".into(),
            variables: setup.variables,
            secrets_dir: None,
        });
        let application = Application::build(settings.expect("settings")).expect("an application");
        let (address, management) = (application.address(), application.management_address());
        let (stop, stopped) = oneshot::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(application.run_until(async { drop(stopped.await) })).unwrap();
        });
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(20));
        let http = http.tls_certs_only([]).build().unwrap(); // loading the system's CAs takes long
        TestGateway { simulator, address, management, http, directory, _stop: stop }
    }
}

/// A running gateway and its simulator. Dropping it stops both.
pub(crate) struct TestGateway {
    pub(crate) simulator: Simulator,
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
    http: reqwest::Client,
    directory: TempDir,
    _stop: oneshot::Sender<()>,
}

impl TestGateway {
    pub(crate) async fn start() -> Self {
        Setup::new().start().await
    }

    /// The audit trail, unless the test configured another sink.
    pub(crate) fn audit_trail(&self) -> AuditFile {
        AuditFile::at(self.directory.path().join("audit.jsonl"))
    }

    /// Sends `createUser` as the caller with every scope.
    pub(crate) async fn create_user(&self, user: &Value) -> Reply {
        self.send(self.post("/users", user)).await
    }

    /// Sends `registerOtpToken` as the caller with every scope. `id` is a username, not yet percent-encoded.
    pub(crate) async fn register_otp_token(&self, id: &str, token: &Value) -> Reply {
        let id = centagate_gateway::centagate::percent_encode_segment(id);
        self.send(self.post(&format!("/users/{id}/otp-token"), token)).await
    }

    /// Sends `getUser` as the caller with every scope. `id` is a username, not yet percent-encoded.
    pub(crate) async fn get_user(&self, id: &str) -> Reply {
        let id = centagate_gateway::centagate::percent_encode_segment(id);
        self.send(self.get_as(callers::EVERYTHING, &format!("/users/{id}"))).await
    }

    /// A GET request with this caller key.
    pub(crate) fn get_as(&self, key: &str, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).bearer_auth(key)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// A POST request by the caller with every scope.
    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.post_as(callers::EVERYTHING, path, body)
    }

    pub(crate) fn post_as(&self, key: &str, path: &str, body: &Value) -> RequestBuilder {
        self.json_as(key, Method::POST, path, body)
    }

    /// A request with a JSON body by the caller with every scope.
    pub(crate) fn json(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.json_as(callers::EVERYTHING, method, path, body)
    }

    /// A request with a JSON body and this caller key.
    pub(crate) fn json_as(&self, key: &str, method: Method, path: &str, body: &Value) -> RequestBuilder {
        let request = self.request(method, path).bearer_auth(key);
        request.header("content-type", "application/json").body(body.to_string())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("http://{}{path}", self.address))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        Reply::read(request.send().await.expect("a reply")).await
    }

    /// Sends a POST byte for byte. `path` and `headers` are neither encoded nor changed.
    pub(crate) async fn post_raw(&self, path: &str, headers: &str, body: &[u8]) -> Reply {
        raw::exchange(self.address, &raw::post(path, headers, body)).await
    }

    /// Waits until the gateway is ready.
    pub(crate) async fn wait_until_ready(&self) {
        let ready = tokio::time::timeout(Duration::from_secs(20), async {
            while self.manage("/readyz").await.0 != 200 {
                tokio::time::sleep(Duration::from_millis(10)).await; // poll interval
            }
        });
        ready.await.expect("the gateway becomes ready");
    }

    /// The status and the text of a page of the management listener.
    pub(crate) async fn manage(&self, path: &str) -> (u16, String) {
        let reply = self.http.get(format!("http://{}{path}", self.management)).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }
}

/// A valid body for `createUser`.
pub(crate) fn alice() -> Value {
    user("alice")
}

/// A valid body for `createUser`. `username` must be usable in an e-mail address.
pub(crate) fn user(username: &str) -> Value {
    json!({
        "username": username,
        "firstName": "Alice",
        "lastName": "Archer",
        "email": format!("{username}@example.com"),
        "group": "Staff",
        "app": "portal",
    })
}

/// A valid body for `registerOtpToken`.
pub(crate) fn token() -> Value {
    json!({ "status": "valid", "validitySeconds": 600 })
}

/// `object` with `member` set to `value`.
pub(crate) fn with(mut object: Value, member: &str, value: impl Into<Value>) -> Value {
    object[member] = value.into();
    object
}
