//! The only wiring: one [`Application::build`] for the program, the demo and every test.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::KeepAlive;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use arc_swap::ArcSwap;
use thiserror::Error as ThisError;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use crate::api::{self, Contract, Gateway, Lifecycle, Limits, RateLimits};
use crate::audit::{self, AuditTrail};
use crate::callers::{Callers, jwt};
use crate::centagate::{Client, ClientOptions, HttpOptions, SessionKeeper, SetupError};
use crate::domain::{CallerShare, Identity, milliseconds};
use crate::listener::{self, Accepting, Listener};
use crate::listener_tls::ListenerCertificate;
use crate::metrics::Metrics;
use crate::openapi;
use crate::reload::{Watcher, read_trust};
use crate::settings::{PublicUrl, ServerSettings, Settings, SettingsFault, TlsFiles};
use crate::store::Ledger;
use crate::telemetry::Traces;

/// How the management listener treats its connections.
const MANAGEMENT: Accepting = Accepting {
    workers: 1,
    connections: listener::MANAGEMENT_CONNECTIONS,
    makes_room: true, // for probes
    keep_alive: KeepAlive::Disabled,
    patience: Duration::from_secs(15),
    shutdown_seconds: 1,
};

/// How long the logout may take beyond the time for shutdown.
const LOGOUT_TIME: Duration = Duration::from_secs(3);

/// How long a store that has not answered is tried once more at the end.
const LAST_CHANGES_TIMEOUT: Duration = Duration::from_secs(1);

/// A gateway with both listeners bound, ready to run.
pub struct Application {
    api: Listener,
    management: Listener,
    pub(crate) gateway: web::Data<Gateway>,
    server: ServerSettings,
    keeper: SessionKeeper,
    identity_keys: Option<jwt::Refresher>,
    watcher: Watcher,
}

/// Why an application could not be built.
#[derive(Debug, ThisError)]
pub enum BuildError {
    /// The configuration cannot be used.
    #[error("{0}")]
    Settings(#[from] SettingsFault),
    /// The client for CENTAGATE could not be set up.
    #[error("centagate: {0}")]
    Client(#[from] SetupError),
    /// The system gives no thread.
    #[error("a thread cannot be started: {0}")]
    Thread(io::Error),
    /// A listener could not be bound.
    #[error("{section}.host and {section}.port: cannot listen on {address}: {cause}")]
    Listen {
        /// The listener's section in the configuration.
        section: &'static str,
        /// What it should have listened on.
        address: String,
        /// Why it cannot.
        cause: io::Error,
    },
}

impl From<audit::OpenError> for BuildError {
    fn from(error: audit::OpenError) -> Self {
        match error {
            audit::OpenError::Sink(fault) => Self::Settings(SettingsFault::of_key("audit.sink", fault)),
            audit::OpenError::Thread(cause) => Self::Thread(cause),
        }
    }
}

impl Application {
    /// Reads the callers, makes the client and binds both listeners.
    ///
    /// # Errors
    /// If a file that the settings name cannot be used, TLS cannot be set up or an address is taken.
    pub fn build(settings: Settings) -> Result<Self, BuildError> {
        let watcher = Watcher::new(settings.clone()); // before the files are read
        let metrics = Arc::new(Metrics::default());
        let (jwt_verifier, identity_keys) = settings.jwt.as_ref().map(jwt::Verifier::new).transpose()?.unzip();
        let (callers, caller_share) = (Callers::load(&settings)?, CallerShare::default());
        caller_share.set_sole_caller(callers.is_sole(jwt_verifier.is_some()));
        let (client, keeper) = Client::new(client_options(&settings, &caller_share)?, metrics.session_events())?;
        let base_path = settings.server.public_url.as_ref().map_or("", |url| url.path()).to_owned();
        let audit = AuditTrail::open(&settings.audit.sink, settings.audit.fsync, Arc::clone(&metrics))?;
        let ledger = Arc::new(Ledger::open(&settings.idempotency, Arc::clone(&metrics), caller_share.clone())?);
        let gateway = Gateway {
            callers: ArcSwap::from_pointee(callers),
            caller_share,
            jwt_verifier,
            centagate: client,
            admin: Identity::of(settings.centagate.admin.username.as_str()),
            audit,
            ledger,
            rate_limits: RateLimits::new(&settings.rate_limit),
            users: settings.users.clone(),
            limits: Limits {
                max_body_bytes: settings.server.max_body_bytes,
                request_timeout: settings.server.request_timeout,
                call_timeout: settings.centagate.request_timeout,
            },
            listener_certificate: settings
                .server
                .tls
                .as_ref()
                .map(TlsFiles::read)
                .transpose()?
                .map(ListenerCertificate::new),
            contract: settings.docs_enabled.then(|| contract(settings.server.public_url.as_ref())),
            base_path,
            lifecycle: Lifecycle::default(),
            metrics,
            traces: Traces::start(&settings)?,
        };
        Ok(Self {
            api: bind("server", &settings.server.host, settings.server.port)?,
            management: bind("management", &settings.management.host, settings.management.port)?,
            gateway: web::Data::new(gateway),
            server: settings.server,
            keeper,
            identity_keys: identity_keys.flatten(),
            watcher,
        })
    }

    /// Notify this to have the watched files checked at once.
    pub fn check_files(&self) -> Arc<Notify> {
        self.watcher.check_now()
    }

    /// Where callers are served.
    pub fn address(&self) -> SocketAddr {
        self.api.address
    }

    /// Where health and metrics are served.
    pub fn management_address(&self) -> SocketAddr {
        self.management.address
    }

    /// Serves until `stop` resolves, then drains and ends.
    ///
    /// # Errors
    /// If a listener cannot be served.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let Self {
            api: Listener { socket: api_socket, address },
            management,
            gateway,
            server,
            keeper,
            identity_keys,
            watcher,
        } = self;
        let workers = match server.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        info!(%address, management = %management.address, workers, "serving");
        let accepting = Accepting {
            workers,
            connections: server.max_connections.div_ceil(workers),
            makes_room: false,
            keep_alive: server.keep_alive.into(),
            patience: server.request_timeout + server.keep_alive + listener::HEAD_TIMEOUT,
            shutdown_seconds: server.shutdown.as_secs() + 1, // ours is exact
        };
        let tls = gateway.listener_certificate.as_ref().map(ListenerCertificate::server_config).transpose();
        let shared = gateway.clone();
        let api = listener::serve(api_socket, tls.map_err(io::Error::other)?, accepting, move || {
            App::new().configure(|config| api::configure(config, &shared)).wrap(from_fn(api::boundary))
        })?;
        let shared = gateway.clone();
        let management = listener::serve(management.socket, None, MANAGEMENT, move || {
            App::new()
                .configure(|config| api::configure_management(config, &shared))
                .wrap(from_fn(api::one_request_per_connection))
        })?;
        let handles = (api.handle(), management.handle());
        // On this thread: they outlive the workers.
        let mut background = JoinSet::new();
        background.spawn(keeper.run());
        background.spawn(watcher.run(gateway.clone()));
        background.spawn(Arc::clone(&gateway.ledger).keep());
        // The memory of the rate limits stays in bounds, and CENTAGATE need not close what it is not asked on any more.
        let (minute, moment) = (Duration::from_secs(60), Duration::from_secs(5));
        background.spawn(every(minute, gateway.clone(), |gateway| gateway.rate_limits.forget_idle()));
        background.spawn(every(moment, gateway.clone(), |gateway| gateway.centagate.close_idle_connections()));
        if let Some(identity_keys) = identity_keys {
            background.spawn(identity_keys.run());
        }
        let mut serving = pin!(async { tokio::try_join!(api, management).map(|_| ()) });
        tokio::select! {
            ended = &mut serving => return ended,
            _ = background.join_next() => return Err(io::Error::other("a background task has ended")),
            () = stop => {}
        }
        let deadline = Instant::now() + server.drain + server.shutdown;
        // Where the time is over, dropping `serving` ends the workers.
        tokio::select! {
            ended = &mut serving => ended?,
            () = shut_down(&gateway, &server, &handles) => {}
        }
        let log_out = gateway.centagate.log_out(deadline.max(Instant::now() + LOGOUT_TIME));
        let last_changes = timeout(LAST_CHANGES_TIMEOUT, gateway.ledger.finish_all());
        let _ = tokio::join!(log_out, gateway.traces.stop(), last_changes);
        info!("stopped");
        Ok(())
    }
}

/// Does `work` on the gateway at once and then every `period`.
async fn every(period: Duration, gateway: web::Data<Gateway>, work: fn(&Gateway)) {
    let mut ticks = tokio::time::interval(period);
    loop {
        ticks.tick().await;
        work(&gateway);
    }
}

fn contract(public_url: Option<&PublicUrl>) -> Contract {
    let document = openapi::document(public_url);
    Contract { version_3_1: openapi::to_json(&document).into(), version_3_0: openapi::to_json_3_0(&document).into() }
}

fn client_options(settings: &Settings, caller_share: &CallerShare) -> Result<ClientOptions, SettingsFault> {
    let centagate = &settings.centagate;
    Ok(ClientOptions {
        base_url: centagate.base_url.clone(),
        request_timeout: centagate.request_timeout,
        max_in_flight: centagate.max_in_flight,
        caller_share: caller_share.clone(),
        http: HttpOptions { connect_timeout: centagate.connect_timeout, proxy_url: centagate.proxy_url.clone() },
        trust: read_trust(&centagate.trust)?,
        admin_username: centagate.admin.username.clone(),
        credentials: centagate.admin.credentials.clone(),
        auth_api: centagate.auth_api,
        default_session_timeout: settings.session.default_timeout,
        refused_retry: settings.session.refused_retry,
    })
}

/// Readiness fails and connections close at once; callers are served on until the ingress has noticed; then what is under
/// way is finished, calls of CENTAGATE whose callers have gone included. Takes no longer than the settings say.
async fn shut_down(gateway: &Gateway, settings: &ServerSettings, (api, management): &(ServerHandle, ServerHandle)) {
    info!(drain_ms = milliseconds(settings.drain), "stopping");
    gateway.lifecycle.drain();
    tokio::time::sleep(settings.drain).await;
    let finished = timeout(settings.shutdown, async {
        api.pause().await;
        // Before the workers end: the calls run on them.
        gateway.lifecycle.finish_exchanges().await;
        api.stop(true).await;
    });
    if finished.await.is_err() {
        warn!(shutdown_ms = milliseconds(settings.shutdown), "stopping before everything under way is finished");
    } else {
        management.stop(false).await;
    }
}

fn bind(section: &'static str, host: &str, port: u16) -> Result<Listener, BuildError> {
    let address = format!("{host}:{port}");
    Listener::bind(host, port).map_err(|cause| BuildError::Listen { section, address, cause })
}
