use std::sync::Arc;

use arc_swap::ArcSwapOption;
use tracing::subscriber::Interest;
use tracing::{Level, Metadata};
use tracing_core::callsite;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Filter};

/// Which events are logged: those up to a level, and up to other levels where the target starts with a name.
///
/// Other crates' events are capped at INFO whatever the filter says: below that, HTTP libraries may log what they carry.
#[derive(Clone, Debug, PartialEq)]
pub struct LogFilter(Targets);

/// The filter of the process's log; none before the log is set up.
static IN_USE: ArcSwapOption<LogFilter> = ArcSwapOption::const_empty();

impl LogFilter {
    pub(crate) const EXPECTED: &str = "a filter such as info or info,centagate_gateway=debug";

    /// Reads `level,target=level,…`. A word alone is a level: taken for a target it would silence everything else.
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

    /// Makes this the filter of the process's log, also while it runs.
    pub(crate) fn take_into_use(self) {
        IN_USE.store(Some(Arc::new(self)));
        callsite::rebuild_interest_cache();
    }

    fn lets_through(&self, metadata: &Metadata<'_>) -> bool {
        let (target, level) = (metadata.target(), metadata.level());
        let is_ours = target.starts_with("centagate_gateway");
        (is_ours || *level <= Level::INFO) && self.0.would_enable(target, &level_of(metadata))
    }
}

/// The level that an event is logged at. Events of actix-http count as DEBUG at most: anyone can cause them with a malformed
/// request.
pub(super) fn level_of(metadata: &Metadata<'_>) -> Level {
    let is_any_peers_fault = metadata.target().starts_with("actix_http");
    if is_any_peers_fault { Level::DEBUG.max(*metadata.level()) } else { *metadata.level() }
}

/// The filter in use. Each line of code that logs is asked about once, and again after a change: an event costs nothing
/// here.
pub(super) struct FilterInUse;

impl<S> Filter<S> for FilterInUse {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        IN_USE.load().as_ref().is_some_and(|filter| filter.lets_through(metadata))
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match &*IN_USE.load() {
            Some(filter) if filter.lets_through(metadata) => Interest::always(),
            _ => Interest::never(),
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        IN_USE.load().as_ref().and_then(|filter| Filter::<S>::max_level_hint(&filter.0))
    }
}
