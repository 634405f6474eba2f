//! The client: signs each call with the admin's session, sends it within the limits, and reads the reply.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::Method;
use http::uri::PathAndQuery;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::before_sending::BeforeSending;
use super::call::{CallSpec, Message};
use super::client_options::ClientOptions;
use super::contact::{Contact, ContactStatus};
use super::encoding::percent_encode_segment;
use super::error::{Error, NotSent};
use super::guard::{Breaker, Bulkhead, CallPermit, Load};
use super::http::{
    self as upstream, HttpClient, HttpOptions, Reply, ServerCertificate, SetupError, Times, Trust, UpstreamRequest,
};
use super::session::{
    Credentials, HttpAuthenticator, KeeperOptions, Session, SessionEvents, SessionKeeper, SessionStatus, Sessions,
    jitter, keep,
};
use super::suspicion::{Suspicion, suspicion};

/// The pauses between attempts to connect. Each varies by up to half of its length.
const CONNECT_PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(150)];

/// The maximum number of connections that each worker opens in advance for calls that need a dedicated connection.
const SPARE_CONNECTIONS: usize = 4;

/// A client for CentagateWS.
///
/// It follows no redirects and never resends a request that may have been executed. If CENTAGATE refuses a request because
/// the session has ended, nothing was executed: the client sends it once more with a newer session.
#[derive(Debug)]
pub struct Client {
    http: HttpClient,
    login_http: HttpClient,
    connection: Mutex<Connection>,
    request_timeout: Duration,
    /// The admin's name as the last segment of a path.
    admin_segment: String,
    sessions: Sessions,
    bulkhead: Bulkhead,
    breaker: Breaker,
    contact: Arc<Contact>,
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
    /// Creates a client and the keeper of its session. The client logs in only while the keeper runs.
    ///
    /// # Errors
    /// If the HTTP client cannot be set up.
    pub fn new(options: ClientOptions, events: Arc<dyn SessionEvents>) -> Result<(Self, SessionKeeper), SetupError> {
        let admin_segment = percent_encode_segment(options.admin_username.as_str());
        let certificate = Arc::new(ServerCertificate::of(&options.base_url));
        let http = |max_spares| {
            let certificate = Arc::clone(&certificate);
            HttpClient::new(&options.base_url, &options.http, &options.trust, certificate, max_spares)
        };
        let (http, login_http) = (http(SPARE_CONNECTIONS)?, http(0)?);
        let contact = Arc::new(Contact::default());
        let authenticator = HttpAuthenticator {
            http: login_http.clone(),
            admin_username: options.admin_username.clone(),
            auth_api: options.auth_api,
            contact: Arc::clone(&contact),
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
            admin_segment,
            sessions,
            bulkhead: Bulkhead::new(options.max_in_flight, options.caller_share),
            breaker: Breaker::new(),
            contact,
            certificate,
            events,
        };
        Ok((client, keeper))
    }

    /// Waits for a permit of `caller`. The call must then be sent by `send_by`.
    ///
    /// # Errors
    /// If there is no permit in time, or too many requests are waiting.
    pub async fn acquire_permit(&self, caller: &Arc<str>, send_by: Instant) -> Result<CallPermit, NotSent> {
        self.bulkhead.enter(caller, send_by).await
    }

    /// The current load.
    pub fn load(&self) -> Load {
        let (in_flight, waiting) = self.bulkhead.load();
        Load { in_flight, waiting, breaker: self.breaker.state() }
    }

    /// The state of the admin's session.
    pub fn session_status(&self) -> SessionStatus {
        self.sessions.status()
    }

    /// What CENTAGATE last answered.
    pub fn contact_status(&self) -> ContactStatus {
        self.contact.status()
    }

    /// Opens a connection and closes it, unless there has been one before. Sends no request.
    pub async fn try_to_connect(&self) {
        if !self.contact.status().ever_connected {
            match upstream::connect(&self.login_http.load()).await {
                Ok(_) => self.contact.connected(),
                Err(error) => self.contact.failed(&error),
            }
        }
    }

    /// When the server's current certificate expires, if a connection has been opened.
    pub fn certificate_expiry(&self) -> Option<SystemTime> {
        self.certificate.expiry()
    }

    /// Replaces the credentials, unless they are the same.
    pub fn replace_credentials(&self, credentials: Credentials) {
        self.sessions.replace_credentials(credentials);
    }

    /// Replaces the trusted server certificates.
    ///
    /// # Errors
    /// If TLS cannot be set up; the old certificates then stay.
    pub fn replace_trust(&self, trust: &Trust) -> Result<(), SetupError> {
        self.reconnect(|connection| connection.trust = trust.clone())
    }

    /// Replaces the proxy; `None` connects directly.
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

    /// Closes connections that have been idle for several seconds. Call this regularly.
    pub fn close_idle_connections(&self) {
        self.http.close_idle();
        self.login_http.close_idle();
    }

    /// Logs out by `deadline`, including the session of a login that is still running. A given session stays open.
    pub async fn log_out(&self, deadline: Instant) {
        self.sessions.stop(deadline).await;
    }

    /// Sends `message` and returns the `object` of the reply. `hook` runs immediately before the first byte is sent.
    ///
    /// # Errors
    /// If CENTAGATE did not answer code 0 in time.
    pub async fn call(
        &self,
        permit: CallPermit,
        message: &dyn Message,
        hook: Option<&dyn BeforeSending>,
    ) -> Result<Value, Error> {
        let send_by = permit.send_by;
        let session = self.sessions.live(send_by).await.map_err(Error::NotSent)?;
        let refused = match self.send(message, &session, send_by, hook).await {
            Err(Error::Refused(code)) => code,
            answered => return answered,
        };
        let suspicion = suspicion(message.call(), refused, &session);
        if suspicion != Suspicion::None {
            session.refused_with(refused);
            self.events.suspected();
        }
        let newer = match suspicion {
            Suspicion::None => None,
            Suspicion::Superseded => self.sessions.newer_than(session.generation, false, send_by).await,
            Suspicion::Ended => self.sessions.newer_than(session.generation, true, send_by).await,
        };
        let Some(newer) = newer else { return Err(Error::Refused(refused)) };
        let again = Box::pin(self.send(message, &newer, send_by, hook)).await; // rare and large
        let is_same_refusal = matches!(again, Err(Error::Refused(code)) if code == refused);
        if !is_same_refusal && session.record_early_loss() {
            self.events.lost_early();
            self.sessions.record_early_loss();
        }
        again
    }

    async fn send(
        &self,
        message: &dyn Message,
        session: &Session,
        send_by: Instant,
        hook: Option<&dyn BeforeSending>,
    ) -> Result<Value, Error> {
        if let Some(hook) = hook {
            let may_send = timeout_at(send_by, hook.about_to_send()).await;
            may_send.unwrap_or(Err(NotSent::DeadlineSpent)).map_err(Error::NotSent)?;
        }
        let times = Times { send_by, reply_within: self.request_timeout };
        let call = message.call();
        let request = UpstreamRequest {
            method: Method::PUT,
            path: self.path(call),
            body: message.signed_body(&session.cen_token),
            connection: call.connection,
        };
        let object = self.send_or_fail_fast(&request, times).await?.object.map_err(Error::Refused)?;
        session.succeeded();
        Ok(object)
    }

    fn path(&self, call: &CallSpec) -> PathAndQuery {
        let path = format!("/CentagateWS/webresources/{}/{}", call.path, self.admin_segment);
        PathAndQuery::try_from(path).expect("a percent-encoded segment is part of a path")
    }

    /// Sends `request` unless the circuit breaker is open. If no connection can be opened, nothing was sent, so it tries
    /// again after a pause.
    async fn send_or_fail_fast(&self, request: &UpstreamRequest, times: Times) -> Result<Reply, Error> {
        let mut pauses = CONNECT_PAUSES.into_iter();
        let mut settled = self.send_once(request, times).await;
        while let (Err(Error::NotSent(NotSent::CannotConnect(_))), Some(pause)) = (&settled, pauses.next()) {
            let retry_at = Instant::now() + pause.mul_f64(0.5 + jitter());
            if retry_at >= times.send_by {
                break;
            }
            sleep_until(retry_at).await;
            match self.send_once(request, times).await {
                Err(Error::NotSent(NotSent::DeadlineSpent)) => break, // the earlier error says more
                again => settled = again,
            }
        }
        settled
    }

    async fn send_once(&self, request: &UpstreamRequest, times: Times) -> Result<Reply, Error> {
        if Instant::now() > times.send_by {
            return Err(Error::NotSent(NotSent::DeadlineSpent));
        }
        let pass = self.breaker.admit().map_err(|wait| Error::NotSent(NotSent::CircuitOpen(wait)))?;
        let sent = upstream::send(&self.http.load(), request, times).await;
        self.contact.record(&sent);
        let failure = sent.as_ref().err().filter(|error| error.is_of_unavailability());
        // A request whose deadline passed before it was sent says nothing about CENTAGATE, so it must not close the breaker.
        if !matches!(sent, Err(Error::NotSent(NotSent::DeadlineSpent))) {
            self.breaker.settle(&pass, failure);
        }
        sent
    }
}
