//! Logs and traces. Metrics are in [`metrics`](crate::metrics).

mod collector;
mod configuration;
mod escaping;
mod json_lines;
mod log_filter;
mod log_writer;
mod logs;
mod pretty_lines;
mod spans;
mod standard_output;
pub(crate) mod traceparent;
mod traces;

pub use configuration::{LogFormat, TelemetrySettings};
pub(crate) use escaping::to_json_line;
pub use log_filter::LogFilter;
pub use log_writer::LogGuard;
pub use logs::init;
pub(crate) use spans::{ClientSpan, Period, ServerSpan};
pub(crate) use standard_output::{AuditAccess, CHUNK_BYTES, write_within};
pub(crate) use traces::{RequestTrace, Traces};
