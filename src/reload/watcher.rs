//! Polls the watched files, and reloads those that have changed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web;
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tracing::{error, info};

use super::file_set::FileSet;
use super::fingerprint::{Fingerprint, fingerprint};
use crate::api::Gateway;
use crate::settings::{Settings, SettingsFault};

/// The time between the two reads when the files are checked at once.
const SECOND_READ: Duration = Duration::from_millis(100);

/// Watches all files that can change while the gateway runs.
///
/// A change is applied when two reads in a row find the same content, so that a file that is just being written is not used.
/// If the new content is invalid, the previous content stays in use.
pub(crate) struct Watcher {
    watched: Vec<WatchedSet>,
    poll_interval: Duration,
    check_now: Arc<Notify>,
    settings: Settings,
}

struct WatchedSet {
    set: FileSet,
    paths: Vec<PathBuf>,
    /// The content at the last read.
    last: Fingerprint,
    /// The content that is in use.
    applied: Fingerprint,
    /// Why the last content that was tried is not in use.
    refused: Option<SettingsFault>,
}

impl Watcher {
    /// Creates a watcher that reports changes from now on. Call this before the files are loaded, so that no change is missed.
    pub(crate) fn new(settings: Settings) -> Self {
        let sets = FileSet::ALL.map(|set| (set, set.paths(&settings)));
        let watched = sets.into_iter().filter(|(_, paths)| !paths.is_empty()).map(|(set, paths)| {
            let now = fingerprint(&paths);
            WatchedSet { set, paths, last: now, applied: now, refused: None }
        });
        Self { watched: watched.collect(), poll_interval: settings.secrets_poll, check_now: Arc::default(), settings }
    }

    /// Returns a handle that makes the watcher check the files at once.
    pub(crate) fn check_now(&self) -> Arc<Notify> {
        Arc::clone(&self.check_now)
    }

    /// Watches the files. Never returns.
    pub(crate) async fn run(mut self, gateway: web::Data<Gateway>) {
        for watched in &self.watched {
            gateway.metrics.reloads.watch(watched.set.name());
        }
        let mut ticks = interval(self.poll_interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => self.check(&gateway),
                () = self.check_now.notified() => {
                    info!("checking the watched files now");
                    gateway.audit.reopen();
                    self.check(&gateway);
                    sleep(SECOND_READ).await;
                    self.check(&gateway);
                }
            }
        }
    }

    fn check(&mut self, gateway: &Gateway) {
        for watched in &mut self.watched {
            watched.check(gateway, &mut self.settings);
        }
    }
}

impl WatchedSet {
    fn check(&mut self, gateway: &Gateway, settings: &mut Settings) {
        let now = fingerprint(&self.paths);
        let is_stable = std::mem::replace(&mut self.last, now) == now;
        // Refused content is tried again even if it has not changed, because the fault may be in another file.
        if !is_stable || (now == self.applied && self.refused.is_none()) {
            return;
        }
        let set = self.set.name();
        let loaded = self.set.load(settings);
        if fingerprint(&self.paths) != now {
            return; // changed while it was loaded: the next check decides
        }
        match loaded.and_then(|content| content.apply(gateway, settings)) {
            Ok(()) => {
                info!(set, "a change on disk was applied");
                (self.applied, self.refused) = (now, None);
                gateway.metrics.reloads.count(set, true);
            }
            Err(fault) if self.refused.as_ref() == Some(&fault) => {} // already logged
            Err(fault) => {
                error!(set, "a change on disk cannot be used, the previous version stays in use: {fault}");
                self.refused = Some(fault);
                gateway.metrics.reloads.count(set, false);
            }
        }
    }
}
