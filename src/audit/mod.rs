//! The audit trail: who did what in CENTAGATE, on whom, and with which right.
//!
//! Each action has two records with the same ID, each a JSON line. The `attempt` is written before the first byte is
//! sent to CENTAGATE, the `outcome` before the reply. A retry that gets the secrets of an earlier reply has a `replay`.
//! If an attempt has no outcome, the process ended in between and the outcome is unknown. After a gap in the trail, a
//! `resumed` record says how many records are missing. The target's name is the only personal data. Secrets are never
//! written.

pub(crate) mod configuration;
mod file;
mod health;
mod open_error;
mod queue;
mod record;
mod sink;
mod trail;
mod writer;
mod written;

pub use configuration::AuditSettings;
pub(crate) use open_error::OpenError;
pub(crate) use record::{Action, Ending};
pub use sink::AuditSink;
pub(crate) use trail::AuditTrail;
