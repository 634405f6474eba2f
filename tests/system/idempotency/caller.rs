use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::callers::EVERYTHING;
use crate::process::{GatewayProcess, TEST_TIMEOUT};
use crate::reply::Reply;

/// A request that creates a user or an OTP token.
#[derive(Clone)]
pub(crate) struct Create {
    path: String,
    body: Value,
}

impl Create {
    /// Creates the user `name`.
    pub(crate) fn user(name: &str) -> Self {
        let body = json!({
            "username": name, "firstName": "Alice", "lastName": "Archer", "email": format!("{name}@example.com"),
            "group": "Staff", "app": "portal",
        });
        Self { path: "/users".to_owned(), body }
    }

    /// Registers an OTP token for `username`.
    pub(crate) fn token(username: &str) -> Self {
        Self::token_valid_for(600, username)
    }

    /// Registers an OTP token whose passcode is valid for `seconds`.
    pub(crate) fn token_valid_for(seconds: u32, username: &str) -> Self {
        let body = json!({ "status": "valid", "validitySeconds": seconds });
        Self { path: format!("/users/{username}/otp-token"), body }
    }
}

/// A caller with every scope. It can call any gateway.
#[derive(Clone)]
pub(crate) struct Caller(Client);

impl Caller {
    pub(crate) fn new() -> Self {
        Self(Client::builder().no_proxy().timeout(TEST_TIMEOUT).build().expect("a client"))
    }

    /// Sends `create` once, with an `Idempotency-Key` if `key` is given.
    pub(crate) async fn create(
        &self,
        gateway: &GatewayProcess,
        key: impl Into<Option<&str>>,
        create: &Create,
    ) -> Reply {
        self.try_create(gateway.address, key, create).await.expect("a reply")
    }

    /// Sends `create` once. An error means that the connection ended without a reply.
    pub(crate) async fn try_create(
        &self,
        gateway: SocketAddr,
        key: impl Into<Option<&str>>,
        create: &Create,
    ) -> reqwest::Result<Reply> {
        self.try_send(gateway, key, &Method::POST, &create.path, Some(&create.body)).await
    }

    /// Sends any request once. An error means that the connection ended without a reply.
    pub(crate) async fn try_send(
        &self,
        gateway: SocketAddr,
        key: impl Into<Option<&str>>,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> reqwest::Result<Reply> {
        let mut request = self.0.request(method.clone(), format!("http://{gateway}{path}"));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        if let Some(key) = key.into() {
            request = request.header("idempotency-key", key);
        }
        send(request).await
    }

    /// Retries `create` with `key` until the gateway no longer answers `idempotency_in_progress`.
    pub(crate) async fn settle(&self, gateway: &GatewayProcess, key: &str, create: &Create) -> Reply {
        let settled = timeout(TEST_TIMEOUT, async {
            loop {
                let reply = self.create(gateway, key, create).await;
                if !is_running(&reply) {
                    return reply;
                }
                sleep(Duration::from_millis(20)).await; // pause between retries
            }
        });
        settled.await.expect("settled within TEST_TIMEOUT")
    }

    /// Sends `GET /users/{username}`.
    pub(crate) async fn get_user(&self, gateway: &GatewayProcess, username: &str) -> Reply {
        send(self.0.get(format!("http://{}/users/{username}", gateway.address))).await.expect("a reply")
    }
}

async fn send(request: RequestBuilder) -> reqwest::Result<Reply> {
    let reply = request.bearer_auth(EVERYTHING).send().await?;
    Ok(Reply::read(reply).await)
}

/// Whether the reply says that an earlier request with this key is still in progress.
pub(crate) fn is_running(reply: &Reply) -> bool {
    reply.status == 409 && reply.json()["code"] == "idempotency_in_progress"
}

/// Whether the reply is the stored reply of an earlier request with the same key.
pub(crate) fn is_replayed(reply: &Reply) -> bool {
    reply.header("idempotent-replayed") == Some("true")
}
