//! Which build of the program this is.

use std::sync::LazyLock;

/// The commit that the program was built from, if the build sets it.
pub(crate) const REVISION: &str = match option_env!("GATEWAY_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};

/// The version and the revision, as `--version` prints them.
pub(crate) static VERSION: LazyLock<String> = LazyLock::new(|| format!("{} ({REVISION})", env!("CARGO_PKG_VERSION")));
