//! A caller of a gateway process. It also reads the gateway's health and metrics.

use std::time::Duration;

use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::callers;
use crate::gateway::user;
use crate::process::{GatewayProcess, TEST_TIMEOUT, sample};
use crate::reply::Reply;

/// How often a page of the management listener is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Sends requests to the API, and reads pages of the management listener.
#[derive(Clone)]
pub(crate) struct Caller {
    http: reqwest::Client,
    api: String,
    management: String,
}

impl Caller {
    pub(crate) fn of(gateway: &GatewayProcess) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(TEST_TIMEOUT);
        let api = format!("http://{}", gateway.address);
        Self {
            http: http.tls_certs_only([]).build().unwrap(),
            api,
            management: format!("http://{}", gateway.management),
        }
    }

    /// Creates a user as the caller with every scope.
    pub(crate) async fn create_user(&self, username: &str) -> Reply {
        self.create_user_as(callers::EVERYTHING, username).await
    }

    pub(crate) async fn create_user_as(&self, key: &str, username: &str) -> Reply {
        let request = self.http.post(format!("{}/users", self.api)).bearer_auth(key);
        let request = request.header("content-type", "application/json").header("x-request-id", username);
        Reply::read(request.body(user(username).to_string()).send().await.expect("a reply")).await
    }

    /// Registers a token for a user whose name needs no percent-encoding.
    pub(crate) async fn register_otp_token(&self, username: &str, token: &Value) -> Reply {
        let request = self.http.post(format!("{}/users/{username}/otp-token", self.api));
        let request = request.bearer_auth(callers::EVERYTHING).header("content-type", "application/json");
        Reply::read(request.body(token.to_string()).send().await.expect("a reply")).await
    }

    /// The status and the text of a page of the management listener.
    pub(crate) async fn page(&self, path: &str) -> (u16, String) {
        let reply = self.http.get(format!("{}{path}", self.management)).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    /// The status of the readiness page, and its reasons.
    pub(crate) async fn readiness(&self) -> (u16, String) {
        let (status, text) = self.page("/readyz?verbose").await;
        assert_eq!(self.page("/readyz").await.0, status, "{text}");
        (status, text)
    }

    /// The value of a sample, which is named with its labels.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        sample(&self.page("/metrics").await.1, name)
    }

    /// Waits until the readiness page has this status.
    pub(crate) async fn wait_for_readiness(&self, status: u16) {
        let started = Instant::now();
        while self.page("/readyz").await.0 != status {
            assert!(started.elapsed() < TEST_TIMEOUT, "never {status}: {:?}", self.page("/readyz?verbose").await);
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Waits until a sample has reached `value`.
    pub(crate) async fn wait_for_metric(&self, name: &str, value: u64) {
        let started = Instant::now();
        while self.metric(name).await != value {
            assert!(started.elapsed() < TEST_TIMEOUT, "{name} never {value}:\n{}", self.page("/metrics").await.1);
            sleep(POLL_INTERVAL).await;
        }
    }
}
