//! The error of opening the audit trail.

use std::io;

use super::sink::SinkFault;

/// Why the audit trail cannot be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// The sink cannot be used.
    Sink(SinkFault),
    /// The writer's thread cannot be started.
    Thread(io::Error),
}
