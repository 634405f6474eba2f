//! Keeps the admin's session alive.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{info, warn};

use super::credentials::Credentials;
use super::live_session::Session;
use super::login::Authenticator;
use super::login_log::LoginLog;
use super::logouts::{Login, Logouts, Opened};
use super::renewal::Renewal;
use super::sessions::{Ask, Shared};
use super::sessions::{SessionEvents, SessionStatus, Sessions};
use crate::centagate::calls::log_in::{Grant, LoginFailure};
use crate::domain::Username;
use crate::domain::milliseconds;

/// A shorter `sessionTimeout` cannot be in milliseconds: CENTAGATE configures session timeouts in minutes. Believing it would
/// cause a login every second and exhaust the admin's sessions.
const SHORTEST_PLAUSIBLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Keeps one session alive. Only the keeper logs in, with one login at a time, regardless of how many requests wait.
///
/// It does nothing until [`SessionKeeper::run`] is polled.
pub struct SessionKeeper {
    run: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl SessionKeeper {
    /// Keeps the session until it is stopped.
    pub async fn run(self) {
        self.run.await;
    }
}

/// The options of a keeper.
pub(in crate::centagate) struct KeeperOptions {
    pub(in crate::centagate) admin_username: Username,
    pub(in crate::centagate) credentials: Credentials,
    pub(in crate::centagate) refused_retry: Duration,
    pub(in crate::centagate) default_timeout: Duration,
    pub(in crate::centagate) events: Arc<dyn SessionEvents>,
}

pub(in crate::centagate) fn keep(
    authenticator: impl Authenticator,
    options: KeeperOptions,
) -> (Sessions, SessionKeeper) {
    let (asks, inbox) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared::default());
    let renewal = Renewal::never();
    let authenticator = Arc::new(authenticator);
    let mut keeper = Keeper {
        authenticator: Arc::clone(&authenticator),
        options,
        shared: Arc::clone(&shared),
        renewal,
        generation: 0,
        waiting: Vec::new(),
        opened: None,
        logouts: Logouts::new(authenticator),
        has_warned_of_timeout: false,
        log: LoginLog::default(),
    };
    keeper.start();
    (Sessions { shared, asks }, SessionKeeper { run: Box::pin(keeper.run(inbox)) })
}

struct Keeper<A> {
    authenticator: Arc<A>,
    options: KeeperOptions,
    shared: Arc<Shared>,
    renewal: Renewal,
    generation: u64,
    waiting: Vec<oneshot::Sender<Option<Arc<Session>>>>,
    /// The current session, if the keeper opened it.
    opened: Option<Opened>,
    logouts: Logouts<A>,
    has_warned_of_timeout: bool,
    log: LoginLog,
}

impl<A: Authenticator> Keeper<A> {
    /// Applies the credentials: uses a given session at once, or schedules a login for now.
    fn start(&mut self) {
        match self.options.credentials.clone() {
            Credentials::Given { auth_token, secret_code } => {
                self.renewal = Renewal::never();
                self.publish(auth_token, &secret_code, None);
            }
            Credentials::Login(_) => self.renewal = Renewal::due(self.options.refused_retry, Instant::now()),
        }
    }

    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Ask>) {
        let mut login: Option<Login> = None;
        loop {
            let due = self.renewal.next().filter(|_| login.is_none());
            tokio::select! {
                ask = inbox.recv() => match ask {
                    Some(Ask::Newer { generation, forced, answer }) => {
                        self.ask(generation, forced, answer, login.is_some());
                    }
                    Some(Ask::Credentials(credentials)) if credentials != self.options.credentials => {
                        self.abandon(login.take());
                        self.options.credentials = credentials;
                        self.log = LoginLog::default(); // a refusal of the new ones is news
                        self.start();
                    }
                    Some(Ask::Credentials(_)) => {}
                    Some(Ask::Stop { deadline, done }) => {
                        self.abandon(login);
                        self.stop(deadline).await;
                        let _ = done.send(());
                        return;
                    }
                    None => return,
                },
                result = finished(login.as_mut()) => {
                    login = None;
                    self.finish(result);
                }
                () = reached(due) => login = self.log_in(),
                () = self.logouts.next() => {}
            }
        }
    }

    fn ask(&mut self, generation: u64, forced: bool, answer: oneshot::Sender<Option<Arc<Session>>>, logging_in: bool) {
        let current = self.shared.current.load_full();
        let now = Instant::now();
        let newer = current.as_ref().is_some_and(|current| current.generation > generation);
        let due = self.renewal.next().is_some_and(|next| next <= now);
        if newer {
            let _ = answer.send(current);
        } else if logging_in || due || (forced && self.renewal.force(now)) {
            self.waiting.push(answer);
        } else {
            let _ = answer.send(None);
        }
    }

    fn log_in(&self) -> Option<Login> {
        match &self.options.credentials {
            Credentials::Login(credentials) => Some(Box::pin(self.authenticator.log_in(credentials.clone()))),
            Credentials::Given { .. } => None,
        }
    }

    fn finish(&mut self, result: Result<Grant, LoginFailure>) {
        let now = Instant::now();
        match result {
            Ok(Grant { auth_token, secret_code, timeout }) => {
                let timeout = self.lifetime(timeout);
                self.options.events.login("granted");
                self.renewal.succeeded(now, timeout, jitter());
                let session = self.publish(auth_token, &secret_code, Some(timeout));
                if let Credentials::Login(credentials) = &self.options.credentials {
                    self.opened = Some(Opened { session, credentials: credentials.clone() });
                }
                info!(
                    session_timeout_ms = milliseconds(timeout),
                    generation = self.generation,
                    "logged in to CENTAGATE"
                );
            }
            Err(LoginFailure::Refused(refusal)) => {
                self.options.events.login(refusal.label());
                if refusal.concerns_credentials() {
                    self.renewal.refused(now);
                } else {
                    self.renewal.failed(now, jitter());
                }
                self.shared.ended_without_session(Some(refusal.clone()), None);
                self.log.refused(&refusal, self.retry_ms(now));
            }
            Err(LoginFailure::Failed(cause)) => {
                self.options.events.login("failed");
                self.renewal.failed(now, jitter());
                self.shared.ended_without_session(None, Some(cause.to_string()));
                self.log.failed(&cause, self.retry_ms(now));
            }
        }
        // After a success, `publish` has answered all of them.
        for answer in self.waiting.drain(..) {
            let _ = answer.send(None);
        }
    }

    /// The lifetime of a session: CENTAGATE's value, unless it cannot be in milliseconds.
    fn lifetime(&mut self, timeout: Option<Duration>) -> Duration {
        let default = self.options.default_timeout;
        match timeout {
            Some(timeout) if timeout >= SHORTEST_PLAUSIBLE_TIMEOUT => timeout,
            Some(timeout) => {
                if !std::mem::replace(&mut self.has_warned_of_timeout, true) {
                    warn!(
                        session_timeout_ms = milliseconds(timeout),
                        default_timeout_ms = milliseconds(default),
                        "CENTAGATE's sessionTimeout is too short to be in milliseconds and is ignored; set \
                         session.default_timeout_seconds to the session timeout of the admin's group"
                    );
                }
                default
            }
            None => default,
        }
    }

    /// Publishes a new session, gives it to waiting requests, and logs out the session that it replaces.
    fn publish(
        &mut self,
        auth_token: SecretString,
        secret_code: &SecretString,
        timeout: Option<Duration>,
    ) -> Arc<Session> {
        self.generation += 1;
        let admin_username = self.options.admin_username.as_str();
        let session = Session::new(self.generation, admin_username, auth_token, secret_code, timeout);
        let session = Arc::new(session);
        self.shared.current.store(Some(Arc::clone(&session)));
        *self.shared.status() = SessionStatus { ever_live: true, ..SessionStatus::default() };
        for answer in self.waiting.drain(..) {
            let _ = answer.send(Some(Arc::clone(&session)));
        }
        // If CENTAGATE has ended a session early, a logout may also end the admin's other sessions (not documented).
        match self.opened.take() {
            Some(replaced) if !self.shared.has_lost_early() => self.logouts.log_out(replaced),
            _ => {}
        }
        session
    }

    fn abandon(&mut self, login: Option<Login>) {
        if let (Some(login), Credentials::Login(credentials)) = (login, &self.options.credentials) {
            self.logouts.abandon(login, credentials.clone());
        }
    }

    /// Logs out every session that the keeper opened. A given session stays open.
    async fn stop(&mut self, deadline: Instant) {
        self.shared.current.store(None);
        if let Some(opened) = self.opened.take() {
            self.logouts.log_out(opened);
        }
        if timeout_at(deadline, self.logouts.finish()).await.is_err() {
            warn!("stopped before every session was logged out; CENTAGATE ends it after its timeout");
        }
    }

    fn retry_ms(&self, now: Instant) -> Option<u64> {
        self.renewal.next().map(|next| milliseconds(next - now))
    }
}

async fn finished(login: Option<&mut Login>) -> Result<Grant, LoginFailure> {
    match login {
        Some(login) => login.await,
        None => pending().await,
    }
}

async fn reached(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// A random number between 0 and 1.
pub(in crate::centagate) fn jitter() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}
