//! Formats an error with its causes.

use std::error::Error;
use std::fmt::Write as _;

/// Joins an error and the chain of its causes in one line.
pub(crate) fn causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(line, ": {cause}");
        source = cause.source();
    }
    line
}
