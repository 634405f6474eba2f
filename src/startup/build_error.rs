//! Why the application could not be built.

use std::io;

use thiserror::Error as ThisError;

use crate::audit::{AuditSettings, OpenError};
use crate::centagate::SetupError;
use crate::settings::SettingsFault;

/// Why the application could not be built.
#[derive(Debug, ThisError)]
pub enum BuildError {
    /// The configuration is invalid, or a file that it names.
    #[error("{0}")]
    Settings(#[from] SettingsFault),
    /// The client for CENTAGATE could not be set up.
    #[error("centagate: {0}")]
    Client(#[from] SetupError),
    /// The operating system could not start a thread.
    #[error("a thread cannot be started: {0}")]
    Thread(io::Error),
    /// A listener could not be bound.
    #[error("{section}.host and {section}.port: cannot listen on {address}: {cause}")]
    Listen {
        /// The listener's section in the configuration.
        section: &'static str,
        /// The configured address.
        address: String,
        /// The cause.
        cause: io::Error,
    },
}

impl From<OpenError> for BuildError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Sink(fault) => Self::Settings(SettingsFault::of_key(AuditSettings::SINK, fault)),
            OpenError::Thread(cause) => Self::Thread(cause),
        }
    }
}
