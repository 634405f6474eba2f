use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, Url};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::http::{HttpClient, HttpOptions, SetupError};
use super::session::{
    AuthApi, Credentials, HttpAuthenticator, KeeperOptions, Session, SessionEvents, SessionKeeper, SessionStatus,
    Sessions, keep,
};
use super::{Error, Meaning, Operation, ReturnCode, Trust, encoding, envelope, reply, transport, wire};
use crate::domain::{CreatedUser, NewOtpToken, NewUser, RegisteredOtpToken, UserAuthentication, Username};

/// A pair younger than this is not blamed for a refusal.
const BLAMELESS_AGE: Duration = Duration::from_secs(30);

/// A pair that no call has succeeded with for this long may have ended unnoticed.
const UNPROVEN_AGE: Duration = Duration::from_secs(60);

/// How to reach CentagateWS, and as whom.
#[derive(Debug)]
pub struct ClientOptions {
    /// Scheme, host and port, without a path.
    pub base_url: Url,
    /// The longest time for a whole call, connecting included.
    pub request_timeout: Duration,
    /// How connections are made.
    pub http: HttpOptions,
    /// Which server certificates are taken.
    pub trust: Trust,
    /// The admin whose session signs every call.
    pub admin_username: Username,
    /// What the session comes from.
    pub credentials: Credentials,
    /// Where the admin logs in.
    pub auth_api: AuthApi,
    /// How long a session lives where CENTAGATE does not say.
    pub default_session_timeout: Duration,
    /// The least wait before credentials that were refused are tried again.
    pub refused_retry: Duration,
}

/// Speaks CentagateWS: signs each call with the admin's session, sends it and reads the answer.
///
/// It follows no redirects and never resends a request that may have been executed. One that was refused because the
/// session had ended is sent once more with a newer session: a refusal means that nothing was executed.
#[derive(Debug)]
pub struct Client {
    http: HttpClient,
    login_http: HttpClient,
    request_timeout: Duration,
    register_user: Url,
    register_one_time_pin: Url,
    list_authentication: Url,
    sessions: Sessions,
}

impl Client {
    /// A client, and the keeper of its session; without the keeper running there is no login.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(options: ClientOptions, events: Arc<dyn SessionEvents>) -> Result<(Self, SessionKeeper), SetupError> {
        let url = |path: &str| {
            let mut url = options.base_url.clone();
            url.set_path(path);
            url
        };
        let signed_url = |operation| {
            let admin = encoding::percent_encode_segment(options.admin_username.as_str());
            url(&format!("/CentagateWS/webresources/{}/{admin}", wire::path(operation)))
        };
        let login_http = HttpClient::new(options.http.clone(), &options.trust)?;
        let authenticator = HttpAuthenticator {
            http: login_http.clone(),
            admin_username: options.admin_username.clone(),
            log_in_url: url(match options.auth_api {
                AuthApi::V1 => "/CentagateWS/webresources/auth/authBasic",
                AuthApi::V2 => "/v2/CentagateWS/webresources/auth/authBasic",
            }),
            log_out_url: url("/CentagateWS/webresources/auth/logout"),
        };
        let register_user = signed_url(Operation::RegisterUser);
        let register_one_time_pin = signed_url(Operation::RegisterOneTimePin);
        let list_authentication = signed_url(Operation::ListAuthentication);
        let (sessions, keeper) = keep(
            authenticator,
            KeeperOptions {
                admin_username: options.admin_username,
                credentials: options.credentials,
                refused_retry: options.refused_retry,
                default_timeout: options.default_session_timeout,
                events,
            },
        );
        let client = Self {
            http: HttpClient::new(options.http, &options.trust)?,
            login_http,
            request_timeout: options.request_timeout,
            register_user,
            register_one_time_pin,
            list_authentication,
            sessions,
        };
        Ok((client, keeper))
    }

    /// Registers `user` as an active user.
    ///
    /// # Errors
    /// Whatever kept CENTAGATE from answering code 0 before `deadline`.
    pub async fn register_user(&self, user: &NewUser, deadline: Instant) -> Result<CreatedUser, Error> {
        let body = |session: &Session| json(&wire::RegisterUserActivate::new(user, session));
        self.call(Operation::RegisterUser, body, deadline).await.map(reply::created_user)
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
        let body = |session: &Session| json(&wire::RegisterOneTimePin::new(token, session));
        self.call(Operation::RegisterOneTimePin, body, deadline).await.map(reply::registered_otp_token)
    }

    /// What the user called `username` can authenticate with.
    ///
    /// # Errors
    /// Whatever kept CENTAGATE from answering code 0 before `deadline`.
    pub async fn user_authentication(
        &self,
        username: &Username,
        deadline: Instant,
    ) -> Result<UserAuthentication, Error> {
        let body = |session: &Session| json(&wire::ListAuthentication::new(username, session));
        self.call(Operation::ListAuthentication, body, deadline).await.map(reply::user_authentication)
    }

    /// How it stands with the session.
    pub fn session_status(&self) -> SessionStatus {
        self.sessions.status()
    }

    /// Takes new credentials into use under load, unless they are those in use.
    pub fn replace_credentials(&self, credentials: Credentials) {
        self.sessions.replace_credentials(credentials);
    }

    /// Takes other server certificates from now on.
    ///
    /// # Errors
    /// If TLS cannot be set up; the old trust then stays.
    pub fn replace_trust(&self, trust: &Trust) -> Result<(), SetupError> {
        self.http.replace_trust(trust)?;
        self.login_http.replace_trust(trust)
    }

    /// Logs out, if the session was opened here.
    pub async fn log_out(&self) {
        self.sessions.stop().await;
    }

    async fn call(
        &self,
        operation: Operation,
        body: impl Fn(&Session) -> Vec<u8> + Send,
        deadline: Instant,
    ) -> Result<Value, Error> {
        let session = self.sessions.live(deadline).await.map_err(Error::NotSent)?;
        let refused = match self.send(operation, body(&session), &session, deadline).await {
            Err(Error::Refused(code)) => code,
            answered => return answered,
        };
        let newer = match suspicion(operation, refused, &session) {
            Suspicion::None => None,
            Suspicion::OfThePast => self.sessions.newer_than(session.generation, false, deadline).await,
            Suspicion::OfTheSession => self.sessions.newer_than(session.generation, true, deadline).await,
        };
        match newer {
            Some(session) => self.send(operation, body(&session), &session, deadline).await,
            None => Err(Error::Refused(refused)),
        }
    }

    async fn send(
        &self,
        operation: Operation,
        body: Vec<u8>,
        session: &Session,
        deadline: Instant,
    ) -> Result<Value, Error> {
        let url = match operation {
            Operation::RegisterUser => &self.register_user,
            Operation::RegisterOneTimePin => &self.register_one_time_pin,
            Operation::ListAuthentication => &self.list_authentication,
        };
        let deadline = deadline.min(Instant::now() + self.request_timeout);
        let reply = transport::send(&self.http.load(), Method::PUT, url.clone(), body, deadline).await?;
        let object = envelope::decode(&reply.body)?;
        session.succeeded();
        Ok(object)
    }
}

/// Whether a refusal may mean that the session has ended.
enum Suspicion {
    /// It does not.
    None,
    /// This session is too young to blame; but there may be a newer one by now.
    OfThePast,
    /// It may: a login may be worth it.
    OfTheSession,
}

/// CENTAGATE has no code of its own for an ended session: 10001 also means a missing permission, and the page of
/// `registerUserActivate` lists no 10001 at all, so there 20002 and 10002 may stand for it (wire facts, section 3.1).
fn suspicion(operation: Operation, code: ReturnCode, session: &Session) -> Suspicion {
    match code.meaning() {
        Meaning::AdminDenied if session.age() > BLAMELESS_AGE => Suspicion::OfTheSession,
        Meaning::AdminDenied => Suspicion::OfThePast,
        _ if operation == Operation::RegisterUser
            && matches!(code.get(), 20002 | 10002)
            && session.unproven_for() >= UNPROVEN_AGE =>
        {
            Suspicion::OfTheSession
        }
        _ => Suspicion::None,
    }
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("structs of strings serialize")
}
