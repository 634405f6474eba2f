//! `serve`: runs the simulator until ctrl-c or SIGTERM.

use std::io;

use centagate_simulator::Simulator;
use tokio::signal;

use crate::settings;

pub(crate) fn run() -> Result<(), String> {
    let config = settings::config()?;
    let address = config.address;
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?.block_on(
        async {
            let shutdown = shutdown_signal().map_err(|error| error.to_string())?;
            let simulator =
                Simulator::start(config).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
            println!("centagate-simulator listens on {}", simulator.base_url());
            shutdown.await;
            simulator.stop().await;
            Ok(())
        },
    )
}

/// Resolves on ctrl-c or SIGTERM. Signals are caught from the call on, not from the first poll.
#[cfg(unix)]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves on ctrl-c.
#[cfg(not(unix))]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = signal::ctrl_c().await;
    })
}
