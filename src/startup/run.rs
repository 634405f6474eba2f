//! Runs the application: both listeners and the background tasks.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::KeepAlive;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tracing::info;

use super::application::Application;
use super::shutdown::{finish, shut_down};
use crate::api::{self, Gateway};
use crate::listener::{self, Intake, Listener, ListenerCertificate, ListenerOptions};
use crate::settings::ServerSettings;

/// The options of the management listener.
const MANAGEMENT: ListenerOptions = ListenerOptions {
    workers: 1,
    connections: listener::MANAGEMENT_CONNECTIONS,
    evicts_oldest: true, // idle connections must not block probes
    keep_alive: KeepAlive::Disabled,
    idle_timeout: Duration::from_secs(15),
    shutdown_seconds: 1,
};

/// How often unused entries of the rate limits are removed, which bounds their memory.
const RATE_LIMIT_CLEANUP: Duration = Duration::from_secs(60);

/// How often idle connections to CENTAGATE are closed, before CENTAGATE closes them.
const CONNECTION_CLEANUP: Duration = Duration::from_secs(5);

/// The pause between two attempts to connect to CENTAGATE at the start.
const CONNECT_INTERVAL: Duration = Duration::from_secs(1);

impl Application {
    /// Serves until `stop` resolves, then shuts down.
    ///
    /// # Errors
    /// If a listener fails, or a background task ends.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let Self { api, management, gateway, server: settings, session_keeper, jwks_refresher, watcher } = self;
        let workers = match settings.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        info!(address = %api.address, management = %management.address, workers, "serving");
        let (api, intake) = serve_api(api, workers, &settings, &gateway)?;
        let management = serve_management(management, &gateway)?;
        let handles = [api.handle(), management.handle()];
        // On this thread, because they must outlive the workers.
        let mut background = JoinSet::new();
        background.spawn(session_keeper.run());
        background.spawn(watcher.run(gateway.clone()));
        background.spawn(Arc::clone(&gateway.ledger).maintain());
        background.spawn(every(RATE_LIMIT_CLEANUP, gateway.clone(), |gateway| gateway.rate_limits.forget_idle()));
        background
            .spawn(every(CONNECTION_CLEANUP, gateway.clone(), |gateway| gateway.centagate.close_idle_connections()));
        background.spawn(connect_once(gateway.clone()));
        if let Some(refresher) = jwks_refresher {
            background.spawn(refresher.run());
        }
        let mut serving = pin!(async { tokio::try_join!(api, management).map(|_| ()) });
        tokio::select! {
            ended = &mut serving => return ended,
            _ = background.join_next() => return Err(io::Error::other("a background task has ended")),
            () = stop => {}
        }
        let deadline = Instant::now() + settings.drain + settings.shutdown;
        tokio::select! {
            ended = &mut serving => ended?,
            () = shut_down(&gateway, &settings, &intake, &handles) => {} // dropping `serving` ends the workers
        }
        finish(&gateway, deadline).await;
        info!("stopped");
        Ok(())
    }
}

fn serve_api(
    listener: Listener,
    workers: usize,
    settings: &ServerSettings,
    gateway: &web::Data<Gateway>,
) -> io::Result<(Server, Intake)> {
    let options = ListenerOptions {
        workers,
        connections: settings.max_connections.div_ceil(workers),
        evicts_oldest: false,
        keep_alive: settings.keep_alive.into(),
        idle_timeout: settings.request_timeout + settings.keep_alive + listener::HEAD_TIMEOUT,
        shutdown_seconds: settings.shutdown.as_secs() + 1, // `shut_down` enforces the exact time
    };
    let tls = gateway.listener_certificate.as_ref().map(ListenerCertificate::server_config).transpose();
    let shared = gateway.clone();
    listener::serve(listener.socket, tls.map_err(io::Error::other)?, options, move || {
        App::new().configure(|config| api::configure(config, &shared)).wrap(from_fn(api::boundary))
    })
}

fn serve_management(listener: Listener, gateway: &web::Data<Gateway>) -> io::Result<Server> {
    let shared = gateway.clone();
    let (server, _) = listener::serve(listener.socket, None, MANAGEMENT, move || {
        App::new()
            .configure(|config| api::configure_management(config, &shared))
            .wrap(from_fn(api::one_request_per_connection))
    })?;
    Ok(server)
}

/// Tries to connect to CENTAGATE until a connection was opened, or until the grace period is over. Readiness waits for that.
/// Only a given session needs it: a login connects anyway.
async fn connect_once(gateway: web::Data<Gateway>) {
    while Instant::now() < gateway.grace_ends && !gateway.centagate.contact_status().ever_connected {
        if gateway.centagate.session_status().ever_live {
            gateway.centagate.try_to_connect().await;
        }
        tokio::time::sleep(CONNECT_INTERVAL).await;
    }
    std::future::pending::<()>().await;
}

/// Calls `work` at once and then every `period`.
async fn every(period: Duration, gateway: web::Data<Gateway>, work: fn(&Gateway)) {
    let mut ticks = tokio::time::interval(period);
    loop {
        ticks.tick().await;
        work(&gateway);
    }
}
