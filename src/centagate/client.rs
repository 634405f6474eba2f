use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Method;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::warn;

use super::breaker::Breaker;
use super::bulkhead::{Bulkhead, Load, Turn};
use super::call::Call;
use super::client_options::ClientOptions;
use super::http::{HttpClient, HttpOptions, SetupError};
use super::paths::Paths;
use super::reply::Answer;
use super::server_certificate::ServerCertificate;
use super::session::{
    Credentials, HttpAuthenticator, KeeperOptions, Session, SessionEvents, SessionKeeper, SessionStatus, Sessions,
    jitter, keep,
};
use super::suspicion::{Suspicion, suspicion};
use super::transport::{Reply, Times};
use super::{BeforeSending, Error, NotSent, Operation, Trust, Unheeded, paths, reply, transport, wire};
use crate::domain::{CreatedUser, NewOtpToken, NewUser, RegisteredOtpToken, UserAuthentication, Username};

/// The pauses before a connection is tried again, each by half more or less.
const CONNECT_PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(150)];

/// How many connections each worker opens in advance, at most, for calls that need a connection of their own.
const SPARE_CONNECTIONS: usize = 4;

/// Speaks CentagateWS: signs each call with the admin's session, sends it and reads the answer.
///
/// It follows no redirects and never resends a request that may have been executed. One that was refused because the
/// session had ended is sent once more with a newer session: a refusal means that nothing was executed.
#[derive(Debug)]
pub struct Client {
    http: HttpClient,
    login_http: HttpClient,
    connection: Mutex<Connection>,
    request_timeout: Duration,
    paths: Paths,
    sessions: Sessions,
    bulkhead: Bulkhead,
    breaker: Breaker,
    certificate: Arc<ServerCertificate>,
    events: Arc<dyn SessionEvents>,
}

/// How both HTTP clients connect.
#[derive(Clone, Debug, PartialEq)]
struct Connection {
    options: HttpOptions,
    trust: Trust,
}

impl Client {
    /// A client, and the keeper of its session; without the keeper running there is no login.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(options: ClientOptions, events: Arc<dyn SessionEvents>) -> Result<(Self, SessionKeeper), SetupError> {
        let paths = Paths::new(&options.admin_username);
        let certificate = Arc::new(ServerCertificate::of(&options.base_url));
        let http = |max_spares| {
            let certificate = Arc::clone(&certificate);
            HttpClient::new(&options.base_url, &options.http, &options.trust, certificate, max_spares)
        };
        let (http, login_http) = (http(SPARE_CONNECTIONS)?, http(0)?);
        let authenticator = HttpAuthenticator {
            http: login_http.clone(),
            admin_username: options.admin_username.clone(),
            log_in_path: paths::log_in(options.auth_api),
            log_out_path: paths::log_out(),
        };
        let (sessions, keeper) = keep(
            authenticator,
            KeeperOptions {
                admin_username: options.admin_username,
                credentials: options.credentials,
                refused_retry: options.refused_retry,
                default_timeout: options.default_session_timeout,
                events: Arc::clone(&events),
            },
        );
        let client = Self {
            http,
            login_http,
            connection: Mutex::new(Connection { options: options.http, trust: options.trust }),
            request_timeout: options.request_timeout,
            paths,
            sessions,
            bulkhead: Bulkhead::new(options.max_in_flight, options.caller_share),
            breaker: Breaker::new(),
            certificate,
            events,
        };
        Ok((client, keeper))
    }

    /// Waits until a request of `caller` may make its call, which must be on its way by `send_by`.
    ///
    /// # Errors
    /// If its turn does not come in time, or too many requests wait.
    pub async fn turn(&self, caller: &Arc<str>, send_by: Instant) -> Result<Turn, NotSent> {
        self.bulkhead.enter(caller, send_by).await
    }

    /// Registers `user` as an active user.
    ///
    /// # Errors
    /// Whatever kept CENTAGATE from answering code 0 in time.
    pub async fn register_user(
        &self,
        turn: Turn,
        user: &NewUser,
        watch: &impl BeforeSending,
    ) -> Result<Answer<CreatedUser>, Error> {
        let body = |session: &Session| wire::json(&wire::RegisterUserActivate::new(user, session));
        self.call(turn, Operation::RegisterUser, body, watch).await.map(reply::created_user)
    }

    /// Registers `token` for its user.
    ///
    /// # Errors
    /// Whatever kept CENTAGATE from answering code 0 in time.
    pub async fn register_otp_token(
        &self,
        turn: Turn,
        token: &NewOtpToken,
        watch: &impl BeforeSending,
    ) -> Result<Answer<RegisteredOtpToken>, Error> {
        let body = |session: &Session| wire::json(&wire::RegisterOneTimePin::new(token, session));
        self.call(turn, Operation::RegisterOneTimePin, body, watch).await.map(reply::registered_otp_token)
    }

    /// What the client is doing.
    pub fn load(&self) -> Load {
        let (in_flight, waiting) = self.bulkhead.load();
        Load { in_flight, waiting, breaker: self.breaker.state() }
    }

    /// What the user called `username` can authenticate with.
    ///
    /// # Errors
    /// Whatever kept CENTAGATE from answering code 0 in time.
    pub async fn user_authentication(
        &self,
        turn: Turn,
        username: &Username,
    ) -> Result<Answer<UserAuthentication>, Error> {
        let body = |session: &Session| wire::json(&wire::ListAuthentication::new(username, session));
        self.call(turn, Operation::ListAuthentication, body, &Unheeded).await.map(reply::user_authentication)
    }

    /// How it stands with the session.
    pub fn session_status(&self) -> SessionStatus {
        self.sessions.status()
    }

    /// When the certificate ends that the server last showed and that was taken, if it has shown one.
    pub fn certificate_expiry(&self) -> Option<SystemTime> {
        self.certificate.expiry()
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
        self.reconnect(|connection| connection.trust = trust.clone())
    }

    /// Goes through another proxy, or none, from now on.
    ///
    /// # Errors
    /// If the proxy cannot be used; the old one then stays.
    pub fn replace_proxy(&self, proxy_url: Option<SecretString>) -> Result<(), SetupError> {
        self.reconnect(|connection| connection.options.proxy_url = proxy_url)
    }

    fn reconnect(&self, change: impl FnOnce(&mut Connection)) -> Result<(), SetupError> {
        let mut current = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fresh = current.clone();
        change(&mut fresh);
        if fresh != *current {
            self.http.replace(&fresh.options, &fresh.trust)?;
            self.login_http.replace(&fresh.options, &fresh.trust)?;
            *current = fresh;
        }
        Ok(())
    }

    /// Closes connections that have been idle for some seconds; to be called now and then.
    pub fn close_idle_connections(&self) {
        self.http.close_idle();
        self.login_http.close_idle();
    }

    /// Logs out by `deadline`, also the session of a login under way. A given session is left alone.
    pub async fn log_out(&self, deadline: Instant) {
        self.sessions.stop(deadline).await;
    }

    async fn call(
        &self,
        turn: Turn,
        operation: Operation,
        body: impl Fn(&Session) -> Bytes + Send + Sync,
        watch: &impl BeforeSending,
    ) -> Result<Value, Error> {
        let send_by = turn.send_by;
        let session = self.sessions.live(send_by).await.map_err(Error::NotSent)?;
        let refused = match self.send(operation, &body, &session, send_by, watch).await {
            Err(Error::Refused(code)) => code,
            answered => return answered,
        };
        let suspicion = suspicion(operation, refused, &session);
        if suspicion != Suspicion::None {
            self.events.suspected();
        }
        let newer = match suspicion {
            Suspicion::None => None,
            Suspicion::OfThePast => self.sessions.newer_than(session.generation, false, send_by).await,
            Suspicion::OfTheSession => self.sessions.newer_than(session.generation, true, send_by).await,
        };
        let Some(newer) = newer else { return Err(Error::Refused(refused)) };
        let again = Box::pin(self.send(operation, &body, &newer, send_by, watch)).await; // rare and large
        let same = matches!(again, Err(Error::Refused(code)) if code == refused);
        if !same && session.is_lost_early() {
            self.events.lost_early();
            self.sessions.note_lost_early();
            warn!("CENTAGATE ended the session before its timeout; does another process use the same admin?");
        }
        again
    }

    async fn send(
        &self,
        operation: Operation,
        body: impl Fn(&Session) -> Bytes + Send,
        session: &Session,
        send_by: Instant,
        watch: &impl BeforeSending,
    ) -> Result<Value, Error> {
        let recorded = timeout_at(send_by, watch.about_to_send()).await;
        recorded.unwrap_or(Err(NotSent::DeadlineSpent)).map_err(Error::NotSent)?;
        let times = Times { send_by, reply_within: self.request_timeout };
        let call = Call {
            method: Method::PUT,
            path: self.paths.of(operation).clone(),
            body: body(session),
            connection: operation.connection(),
        };
        let object = self.send_or_fail_fast(&call, times).await?.object.map_err(Error::Refused)?;
        session.succeeded();
        Ok(object)
    }

    /// Sends, unless CENTAGATE has failed too often of late. Where no connection could be made nothing was sent, so that
    /// is tried again after a moment.
    async fn send_or_fail_fast(&self, call: &Call, times: Times) -> Result<Reply, Error> {
        let mut pauses = CONNECT_PAUSES.into_iter();
        let mut settled = self.send_once(call, times).await;
        while let (Err(Error::NotSent(NotSent::CannotConnect(_))), Some(pause)) = (&settled, pauses.next()) {
            let retry_at = Instant::now() + pause.mul_f64(0.5 + jitter());
            if retry_at >= times.send_by {
                break;
            }
            sleep_until(retry_at).await;
            match self.send_once(call, times).await {
                Err(Error::NotSent(NotSent::DeadlineSpent)) => break, // why there was no connection before says more
                again => settled = again,
            }
        }
        settled
    }

    async fn send_once(&self, call: &Call, times: Times) -> Result<Reply, Error> {
        if Instant::now() > times.send_by {
            return Err(Error::NotSent(NotSent::DeadlineSpent));
        }
        let pass = self.breaker.admit().map_err(|wait| Error::NotSent(NotSent::CircuitOpen(wait)))?;
        let sent = transport::send(&self.http.load(), call, times).await;
        let failed = matches!(sent, Err(Error::NotSent(NotSent::CannotConnect(_)) | Error::TimedOut));
        // A request whose time ended before it was sent says nothing about CENTAGATE: it must not close the breaker.
        if !matches!(sent, Err(Error::NotSent(NotSent::DeadlineSpent))) {
            self.breaker.settle(&pass, failed);
        }
        sent
    }
}
