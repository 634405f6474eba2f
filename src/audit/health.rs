use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tracing::{error, info};

use crate::line::to_line;
use crate::metrics::Metrics;

/// Whether the trail can be written and, if not, since when, why, and how many lines are missing.
#[derive(Debug)]
pub(super) struct Health {
    is_broken: AtomicBool,
    gap: Mutex<Option<Gap>>,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Gap {
    since: Timestamp,
    cause: String,
    lost: u64,
}

/// The line that ends a gap in the trail.
#[derive(Serialize)]
struct Resumed {
    audit: &'static str,
    time: String,
    since: String,
    lost: u64,
}

impl Health {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { is_broken: AtomicBool::new(false), gap: Mutex::new(None), metrics }
    }

    fn gap(&self) -> MutexGuard<'_, Option<Gap>> {
        self.gap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    /// Why the trail cannot be written, if so.
    pub(super) fn cause(&self) -> Option<String> {
        self.gap().as_ref().map(|gap| gap.cause.clone())
    }

    /// The trail cannot be written from now on. Only the first cause is logged.
    pub(super) fn fail(&self, cause: impl Display) {
        let mut gap = self.gap();
        if gap.is_none() {
            let cause = cause.to_string();
            error!(cause, "the audit trail cannot be written; actions are refused until it can");
            *gap = Some(Gap { since: Timestamp::now(), cause, lost: 0 });
            self.is_broken.store(true, Ordering::Release);
            self.metrics.audit.set_broken(true);
        }
    }

    /// Counts lines that were not written and never will be.
    pub(super) fn lose(&self, lines: u64) {
        if let Some(gap) = &mut *self.gap() {
            gap.lost += lines;
        }
    }

    /// The line that has to be written first, and how many lost lines it reports; nothing while the trail is whole.
    pub(super) fn resumed(&self) -> Option<(Vec<u8>, u64)> {
        let gap = self.gap();
        let Gap { since, lost, .. } = gap.as_ref()?;
        let time = |time: Timestamp| format!("{time:.3}");
        let line = Resumed { audit: "resumed", time: time(Timestamp::now()), since: time(*since), lost: *lost };
        Some((to_line(&line), *lost))
    }

    /// The line that reports `lost` lines is written. Lines that were lost since then need another one.
    pub(super) fn resume(&self, lost: u64) {
        let mut gap = self.gap();
        match &mut *gap {
            Some(gap) if gap.lost > lost => gap.lost -= lost,
            Some(_) => {
                info!(lost, "the audit trail can be written again");
                *gap = None;
                self.is_broken.store(false, Ordering::Release);
                self.metrics.audit.set_broken(false);
            }
            None => {}
        }
    }
}
