//! Builds the application. The program, the demo and the tests use the same code.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::web;
use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::build_error::BuildError;
use crate::api::{Contract, Gateway, Lifecycle, Limits, RateLimits};
use crate::audit::AuditTrail;
use crate::callers::{Callers, jwt};
use crate::centagate::{Client, SessionKeeper};
use crate::domain::{CallerShare, ComparableName};
use crate::listener::{Listener, ListenerCertificate};
use crate::metrics::Metrics;
use crate::operations::{Switch, TABLE};
use crate::reload::Watcher;
use crate::settings::{PublicUrl, ServerSettings, Settings, TlsFiles};
use crate::store::Ledger;
use crate::telemetry::Traces;

/// A gateway with both listeners bound, ready to run.
pub struct Application {
    pub(super) api: Listener,
    pub(super) management: Listener,
    pub(crate) gateway: web::Data<Gateway>,
    pub(super) server: ServerSettings,
    pub(super) session_keeper: SessionKeeper,
    pub(super) jwks_refresher: Option<jwt::Refresher>,
    pub(super) watcher: Watcher,
}

impl Application {
    /// Reads the files that the settings name, creates the client and binds both listeners.
    ///
    /// # Errors
    /// If a file cannot be used, TLS cannot be set up or an address is in use.
    pub fn build(settings: Settings) -> Result<Self, BuildError> {
        // Created first, so that it notices changes during the start.
        let watcher = Watcher::new(settings.clone());
        let metrics = Arc::new(Metrics::default());
        for row in TABLE {
            metrics.calls.register_operation(row.spec.label);
        }
        let (jwt_verifier, jwks_refresher) = settings.callers.jwt.as_ref().map(jwt::Verifier::new).transpose()?.unzip();
        let (callers, caller_share) = (Callers::load(&settings.callers)?, CallerShare::default());
        caller_share.set_sole_caller(callers.has_sole_caller(jwt_verifier.is_some()));
        let (client, session_keeper) =
            Client::new(settings.centagate.client_options(&caller_share)?, metrics.session_events())?;
        let certificate = settings.server.tls.as_ref().map(TlsFiles::load).transpose()?;
        let audit = AuditTrail::open(&settings.audit.sink, settings.audit.fsync, Arc::clone(&metrics))?;
        let ledger = Ledger::open(&settings.idempotency, Arc::clone(&metrics), caller_share.clone())?;
        let traces = Traces::start(
            settings.telemetry.otlp_endpoint.as_ref(),
            scheme(&settings.server),
            &settings.centagate.base_url,
        )?;
        let public_url = settings.server.public_url.as_ref();
        let gateway = Gateway {
            callers: ArcSwap::from_pointee(callers),
            caller_share,
            jwt_verifier,
            centagate: client,
            admin: ComparableName::new(settings.centagate.admin.username.as_str()),
            audit,
            ledger: Arc::new(ledger),
            rate_limits: RateLimits::new(&settings.rate_limit),
            users: settings.users.clone(),
            limits: Limits {
                max_body_bytes: settings.server.max_body_bytes,
                request_timeout: settings.server.request_timeout,
                call_timeout: settings.centagate.request_timeout,
            },
            enabled: settings.centagate.undocumented_calls.then_some(Switch::UndocumentedCalls).into_iter().collect(),
            listener_certificate: certificate.map(ListenerCertificate::new),
            base_path: public_url.map_or("", PublicUrl::path).to_owned(),
            contract: settings.docs_enabled.then(|| Contract::new(public_url)),
            lifecycle: Lifecycle::default(),
            grace_ends: Instant::now() + settings.server.startup_grace,
            metrics,
            traces,
        };
        Ok(Self {
            api: bind("server", &settings.server.host, settings.server.port)?,
            management: bind("management", &settings.management.host, settings.management.port)?,
            gateway: web::Data::new(gateway),
            server: settings.server,
            session_keeper,
            jwks_refresher: jwks_refresher.flatten(),
            watcher,
        })
    }

    /// Returns a handle that makes the gateway check the watched files at once.
    pub fn check_files(&self) -> Arc<Notify> {
        self.watcher.check_now()
    }

    /// Returns the address of the listener for callers.
    pub fn address(&self) -> SocketAddr {
        self.api.address
    }

    /// Returns the address of the listener for health checks and metrics.
    pub fn management_address(&self) -> SocketAddr {
        self.management.address
    }
}

/// Returns the URL scheme with which callers reach the gateway.
fn scheme(server: &ServerSettings) -> &str {
    match (&server.public_url, &server.tls) {
        (Some(url), _) => url.scheme(),
        (None, Some(_)) => "https",
        (None, None) => "http",
    }
}

fn bind(section: &'static str, host: &str, port: u16) -> Result<Listener, BuildError> {
    let address = format!("{host}:{port}");
    Listener::bind(host, port).map_err(|cause| BuildError::Listen { section, address, cause })
}
