//! Tracks whether the audit trail can be written, and counts the lines that are missing.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;
use tracing::{error, info};

use crate::log_throttle::{LogThrottle, Permit};
use crate::metrics::Metrics;
use crate::telemetry::to_json_line;

/// Whether the trail can be written and, if not, since when, why, and how many lines are missing.
#[derive(Debug)]
pub(super) struct Health {
    is_broken: AtomicBool,
    gap: Mutex<Option<Gap>>,
    /// For a nearly full disk, which accepts some lines and refuses others.
    throttle: LogThrottle,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Gap {
    since: Timestamp,
    cause: String,
    lost: u64,
    /// Whether the log has a line about the gap.
    is_logged: bool,
}

/// The line that ends a gap in the trail.
#[derive(Serialize)]
struct ResumedLine {
    audit: &'static str,
    time: String,
    since: String,
    lost: u64,
}

impl Health {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { is_broken: AtomicBool::new(false), gap: Mutex::new(None), throttle: LogThrottle::default(), metrics }
    }

    fn gap(&self) -> MutexGuard<'_, Option<Gap>> {
        self.gap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    /// Why the trail cannot be written; `None` if it can.
    pub(super) fn cause(&self) -> Option<String> {
        self.gap().as_ref().map(|gap| gap.cause.clone())
    }

    /// Marks the trail as broken. Only the first cause of a gap is kept, and logged at most once per minute.
    pub(super) fn set_broken(&self, cause: impl Display) {
        let mut gap = self.gap();
        if gap.is_none() {
            let cause = cause.to_string();
            let permit = self.throttle.permit();
            let is_logged = permit.is_some();
            if let Some(Permit { suppressed }) = permit {
                error!(cause, suppressed, "the audit trail cannot be written; actions are refused until it can");
            }
            *gap = Some(Gap { since: Timestamp::now(), cause, lost: 0, is_logged });
            self.is_broken.store(true, Ordering::Release);
            self.metrics.audit.set_broken(true);
        }
    }

    /// Counts lines that will never be written.
    pub(super) fn count_lost(&self, lines: u64) {
        if let Some(gap) = &mut *self.gap() {
            gap.lost += lines;
        }
    }

    /// The line that must be written first, and the number of lost lines in it; `None` if the trail is not broken.
    pub(super) fn resumed_line(&self) -> Option<(Vec<u8>, u64)> {
        let gap = self.gap();
        let Gap { since, lost, .. } = gap.as_ref()?;
        let time = |time: Timestamp| format!("{time:.3}");
        let line = ResumedLine { audit: "resumed", time: time(Timestamp::now()), since: time(*since), lost: *lost };
        Some((to_json_line(&line), *lost))
    }

    /// Ends the gap after a line that reports `reported` lost lines was written. If more lines were lost since then, the gap
    /// stays open until they are reported, too.
    pub(super) fn set_resumed(&self, reported: u64) {
        let mut gap = self.gap();
        match &mut *gap {
            Some(gap) if gap.lost > reported => gap.lost -= reported,
            Some(Gap { is_logged, .. }) => {
                if *is_logged {
                    info!(lost = reported, "the audit trail can be written again");
                }
                *gap = None;
                self.is_broken.store(false, Ordering::Release);
                self.metrics.audit.set_broken(false);
            }
            None => {}
        }
    }
}
