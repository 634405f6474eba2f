//! The section `audit` of the configuration.

use super::sink::AuditSink;
use crate::configuration::{SettingsFault, Values, gather};

/// Where the audit trail is written.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "config/base.toml describes every key")]
pub struct AuditSettings {
    pub sink: AuditSink,
    pub fsync: bool,
}

impl AuditSettings {
    /// The key of the sink.
    pub(crate) const SINK: &str = "audit.sink";

    /// Reads the section `audit`.
    pub(crate) fn read(values: &Values) -> Result<Self, SettingsFault> {
        gather!(Self {
            sink: values.parsed(Self::SINK, AuditSink::EXPECTED, AuditSink::parse),
            fsync: values.flag("audit.fsync"),
        })
    }
}
