use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Proxy, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use thiserror::Error as ThisError;
use tokio::time::Instant;

use super::{Error, Operation, Session, encoding, envelope, reply, transport, wire};
use crate::domain::{CreatedUser, NewOtpToken, NewUser, RegisteredOtpToken, Username};

/// Shorter than any server's keep-alive that is worth having: a connection that the server has just closed would make
/// the outcome of the next request unknown.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(5);

/// How to reach CentagateWS.
#[derive(Debug)]
pub struct ClientOptions {
    /// Scheme, host and port, without a path.
    pub base_url: Url,
    /// The admin whose session signs every call.
    pub admin_username: Username,
    /// The longest time for a connection to stand, TLS included.
    pub connect_timeout: Duration,
    /// The longest time for a whole call, connecting included.
    pub request_timeout: Duration,
    /// An HTTP proxy to go through; proxies of the environment are not used.
    pub proxy_url: Option<SecretString>,
}

/// A client could not be made from its options.
#[derive(Debug, ThisError)]
pub enum SetupError {
    /// The proxy's address is not a URL that can be used.
    #[error("the proxy URL cannot be used")]
    Proxy,
    /// TLS could not be set up.
    #[error("the HTTP client cannot be set up")]
    HttpClient,
}

/// Speaks CentagateWS: signs each call with the admin's session, sends it once and reads the answer.
///
/// It never resends a request that may have arrived and follows no redirects.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    request_timeout: Duration,
    register_user: Url,
    register_one_time_pin: Url,
    session: Session,
}

impl Client {
    /// A client that signs with `session`.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(options: &ClientOptions, session: Session) -> Result<Self, SetupError> {
        let mut http = reqwest::Client::builder()
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .https_only(options.base_url.scheme() == "https")
            .user_agent(concat!("centagate-gateway/", env!("CARGO_PKG_VERSION")))
            .no_proxy();
        if let Some(proxy_url) = &options.proxy_url {
            http = http.proxy(Proxy::all(proxy_url.expose_secret()).map_err(|_| SetupError::Proxy)?);
        }
        let url = |operation| {
            let admin = encoding::percent_encode_segment(options.admin_username.as_str());
            let mut url = options.base_url.clone();
            url.set_path(&format!("/CentagateWS/webresources/{}/{admin}", wire::path(operation)));
            url
        };
        Ok(Self {
            http: http.build().map_err(|_| SetupError::HttpClient)?,
            request_timeout: options.request_timeout,
            register_user: url(Operation::RegisterUser),
            register_one_time_pin: url(Operation::RegisterOneTimePin),
            session,
        })
    }

    /// Registers `user` as an active user.
    ///
    /// # Errors
    /// Whatever kept CENTAGATE from answering code 0 before `deadline`.
    pub async fn register_user(&self, user: &NewUser, deadline: Instant) -> Result<CreatedUser, Error> {
        let body = wire::RegisterUserActivate::new(user, &self.session);
        self.call(&self.register_user, &body, deadline).await.map(reply::created_user)
    }

    /// Registers `token` for its user.
    ///
    /// # Errors
    /// Whatever kept CENTAGATE from answering code 0 before `deadline`.
    pub async fn register_otp_token(
        &self,
        token: &NewOtpToken,
        deadline: Instant,
    ) -> Result<RegisteredOtpToken, Error> {
        let body = wire::RegisterOneTimePin::new(token, &self.session);
        self.call(&self.register_one_time_pin, &body, deadline).await.map(reply::registered_otp_token)
    }

    async fn call(&self, url: &Url, body: &impl Serialize, deadline: Instant) -> Result<Value, Error> {
        let deadline = deadline.min(Instant::now() + self.request_timeout);
        let body = serde_json::to_vec(body).expect("structs of strings serialize");
        let reply = transport::put(&self.http, url.clone(), body, deadline).await?;
        envelope::decode(&reply)
    }
}
