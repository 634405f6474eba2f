//! Shuts the application down: drains the listeners, finishes what has begun and logs out.

use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::time::{Instant, timeout};
use tracing::{info, warn};

use crate::api::Gateway;
use crate::domain::milliseconds;
use crate::listener::Intake;
use crate::settings::ServerSettings;

/// The minimum time for the logout, which can exceed the time for shutdown.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(3);

/// The maximum time for the last changes of the idempotency store.
const LAST_CHANGES_TIMEOUT: Duration = Duration::from_secs(1);

/// Stops serving, in at most `drain` + `shutdown`.
///
/// At once, readiness fails and every reply closes its connection. New requests are still served during `drain`, until the
/// ingress has noticed. Then the listening socket closes: an ingress that does not follow readiness notices that. Requests and
/// calls to CENTAGATE finish, also those whose callers have disconnected.
pub(super) async fn shut_down(
    gateway: &Gateway,
    settings: &ServerSettings,
    intake: &Intake,
    [api, management]: &[ServerHandle; 2],
) {
    info!(drain_ms = milliseconds(settings.drain), "stopping");
    gateway.lifecycle.drain();
    tokio::time::sleep(settings.drain).await;
    let finished = timeout(settings.shutdown, async {
        intake.close().await;
        // Before the workers stop, because the calls run on them.
        gateway.lifecycle.finish().await;
        api.stop(true).await;
    });
    if finished.await.is_err() {
        warn!(shutdown_ms = milliseconds(settings.shutdown), "stopping before all requests have finished");
    } else {
        management.stop(false).await;
    }
}

/// Logs out, exports the last spans and writes the last changes of the idempotency store.
pub(super) async fn finish(gateway: &Gateway, deadline: Instant) {
    let log_out = gateway.centagate.log_out(deadline.max(Instant::now() + LOGOUT_TIMEOUT));
    let last_changes = timeout(LAST_CHANGES_TIMEOUT, gateway.ledger.retry_pending_writes());
    let _ = tokio::join!(log_out, gateway.traces.stop(), last_changes);
}
