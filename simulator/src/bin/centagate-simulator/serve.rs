//! `serve`: a simulator until a signal comes.

use std::io;

use centagate_simulator::Simulator;
use tokio::signal;

use crate::settings;

pub(crate) fn run() -> Result<(), String> {
    let config = settings::config()?;
    let address = config.address;
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?.block_on(
        async {
            let end = end_of_service().map_err(|error| error.to_string())?;
            let simulator =
                Simulator::start(config).await.map_err(|error| format!("cannot listen on {address}: {error}"))?;
            println!("centagate-simulator listens on {}", simulator.base_url());
            end.await;
            simulator.stop().await;
            Ok(())
        },
    )
}

/// Resolves with ctrl-c or SIGTERM; listens for them from the call on.
#[cfg(unix)]
fn end_of_service() -> io::Result<impl Future<Output = ()>> {
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

/// Resolves with ctrl-c.
#[cfg(not(unix))]
fn end_of_service() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = signal::ctrl_c().await;
    })
}
