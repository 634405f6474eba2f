//! The filter of the log: parsed from the configuration, replaced while the gateway runs.

use std::sync::OnceLock;

use tracing::subscriber::Interest;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::{Registry, reload};

/// Selects events by level and target prefix.
///
/// Events of other crates are never logged below INFO, because HTTP libraries may log message contents there.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter(Targets);

/// The handle that replaces the filter of the process's log; empty before the log is set up.
static HANDLE: OnceLock<reload::Handle<LogFilter, Registry>> = OnceLock::new();

impl LogFilter {
    pub(crate) const EXPECTED: &str = "a filter such as info or info,centagate_gateway=debug";

    /// Parses `level,target=level,…`. A single word must be a level. (`Targets` parses an unknown word as a target, which
    /// would disable everything else.)
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b"_:-".contains(&byte);
        let mut targets = Targets::new();
        for directive in text.split(',').map(str::trim) {
            let (target, level) = match directive.split_once('=') {
                Some((target, level)) => (Some(target), level),
                None => (None, directive),
            };
            let level: LevelFilter = Some(level).filter(|level| !level.is_empty())?.parse().ok()?;
            targets = match target {
                None => targets.with_default(level),
                Some(target) if !target.is_empty() && target.bytes().all(is_path) => targets.with_target(target, level),
                Some(_) => return None,
            };
        }
        Some(Self(targets))
    }

    /// Wraps the filter for a layer, so that [`replace_current`](Self::replace_current) can replace it later.
    pub(super) fn install(self) -> reload::Layer<Self, Registry> {
        let (filter, handle) = reload::Layer::new(self);
        let _ = HANDLE.set(handle);
        filter
    }

    /// Replaces the filter of the process's log, if the log is set up.
    pub(crate) fn replace_current(self) {
        if let Some(handle) = HANDLE.get() {
            // Cannot fail, because the subscriber lives as long as the process.
            let _ = handle.reload(self);
        }
    }

    fn allows(&self, metadata: &Metadata<'_>) -> bool {
        let (target, level) = (metadata.target(), metadata.level());
        let is_own = target.starts_with("centagate_gateway");
        (is_own || *level <= Level::INFO) && self.0.would_enable(target, &level_of(metadata))
    }
}

/// Returns the level that an event is logged at. Events of `actix_http` are logged at DEBUG or below, because any peer can
/// cause them with a malformed request.
pub(super) fn level_of(metadata: &Metadata<'_>) -> Level {
    let is_caused_by_peer = metadata.target().starts_with("actix_http");
    if is_caused_by_peer { Level::DEBUG.max(*metadata.level()) } else { *metadata.level() }
}

/// `tracing` asks once per place that logs, and again after a reload, so the filter costs nothing per event.
impl Filter<Registry> for LogFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, Registry>) -> bool {
        self.allows(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.allows(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Filter::<Registry>::max_level_hint(&self.0)
    }
}
