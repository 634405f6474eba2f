//! `serve`: runs the gateway until a signal stops it.

use std::io;
use std::process::ExitCode;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::warn;

use super::check_config;
use super::output::{CONFIGURATION, FAILURE, fail, fail_configuration};
use super::runtime::block_on;
use crate::listener::raise_open_files_limit;
use crate::startup::{Application, BuildError};
use crate::telemetry;

/// Runs the gateway.
pub(super) fn run() -> ExitCode {
    block_on(async {
        match hangup() {
            Ok(hangup) => serve(hangup).await,
            Err(error) => fail_signals(&error),
        }
    })
}

/// Handles the signals whose default action would end the process, before anything else happens. SIGHUP, which this returns,
/// reloads files; SIGUSR1 and SIGUSR2 are ignored. Log rotation can send any of them.
fn hangup() -> io::Result<Signal> {
    drop((signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?));
    signal(SignalKind::hangup())
}

async fn serve(mut hangup: Signal) -> ExitCode {
    let mut settings = match check_config::load() {
        Ok(settings) => settings,
        Err(fault) => return fail_configuration(&fault),
    };
    let _log = match telemetry::init(&settings.telemetry) {
        Ok(log) => log,
        Err(error) => return fail(FAILURE, &BuildError::Thread(error)),
    };
    disable_core_dumps();
    let server = &mut settings.server;
    server.max_connections = raise_open_files_limit(server.max_connections, settings.centagate.max_in_flight);
    let application = match Application::build(settings) {
        Ok(application) => application,
        Err(fault @ (BuildError::Listen { .. } | BuildError::Thread(_))) => return fail(FAILURE, &fault),
        Err(BuildError::Settings(fault)) => return fail_configuration(&fault),
        Err(fault @ BuildError::Client(_)) => return fail(CONFIGURATION, &fault),
    };
    let check_files = application.check_files();
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            check_files.notify_one();
        }
    });
    let stop = match stop() {
        Ok(stop) => stop,
        Err(error) => return fail_signals(&error),
    };
    match application.run_until(stop).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(FAILURE, &error),
    }
}

/// Resolves on SIGTERM and on Ctrl-C.
fn stop() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Disables core dumps, which would contain every secret.
fn disable_core_dumps() {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err() || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err() {
        warn!("core dumps cannot be disabled");
    }
}

fn fail_signals(error: &io::Error) -> ExitCode {
    fail(FAILURE, &format_args!("signals cannot be handled: {error}"))
}
