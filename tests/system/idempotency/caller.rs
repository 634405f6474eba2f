use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::callers::EVERYTHING;
use crate::process::{GatewayProcess, PATIENCE};
use crate::reply::Reply;

/// What a caller wants created.
#[derive(Clone)]
pub(crate) struct Create {
    path: String,
    body: Value,
}

impl Create {
    /// A user of that name.
    pub(crate) fn user(name: &str) -> Self {
        let body = json!({
            "username": name, "firstName": "Alice", "lastName": "Archer", "email": format!("{name}@example.com"),
            "group": "Staff", "app": "portal",
        });
        Self { path: "/users".to_owned(), body }
    }

    /// An OTP token for the user of that name.
    pub(crate) fn token(username: &str) -> Self {
        Self::token_valid_for(600, username)
    }

    /// The same, with a passcode that is valid for so many seconds.
    pub(crate) fn token_valid_for(seconds: u32, username: &str) -> Self {
        let body = json!({ "status": "valid", "validitySeconds": seconds });
        Self { path: format!("/users/{username}/otp-token"), body }
    }
}

/// A caller who may do everything, at whichever gateway.
#[derive(Clone)]
pub(crate) struct Caller(Client);

impl Caller {
    pub(crate) fn new() -> Self {
        Self(Client::builder().no_proxy().timeout(PATIENCE).build().expect("a client"))
    }

    /// Sends `create` once, with `key` if there is one.
    pub(crate) async fn create(
        &self,
        gateway: &GatewayProcess,
        key: impl Into<Option<&str>>,
        create: &Create,
    ) -> Reply {
        self.try_create(gateway.address, key, create).await.expect("a reply")
    }

    /// Sends `create` once; an error is a connection that ended without a reply.
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

    /// Repeats `create` with `key` for as long as it is said to be running.
    pub(crate) async fn settle(&self, gateway: &GatewayProcess, key: &str, create: &Create) -> Reply {
        let settled = timeout(PATIENCE, async {
            loop {
                let reply = self.create(gateway, key, create).await;
                if !is_running(&reply) {
                    return reply;
                }
                sleep(Duration::from_millis(20)).await; // as a caller pauses
            }
        });
        settled.await.expect("an end in time")
    }

    /// Looks the user of that name up.
    pub(crate) async fn look(&self, gateway: &GatewayProcess, username: &str) -> Reply {
        send(self.0.get(format!("http://{}/users/{username}", gateway.address))).await.expect("a reply")
    }
}

async fn send(request: RequestBuilder) -> reqwest::Result<Reply> {
    let reply = request.bearer_auth(EVERYTHING).send().await?;
    Ok(Reply::read(reply).await)
}

/// Whether the request with this key is still being carried out.
pub(crate) fn is_running(reply: &Reply) -> bool {
    reply.status == 409 && reply.json()["code"] == "idempotency_in_progress"
}

/// Whether the reply was made for an earlier request with the same key.
pub(crate) fn is_replayed(reply: &Reply) -> bool {
    reply.header("idempotent-replayed") == Some("true")
}
