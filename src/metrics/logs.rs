//! The metric of dropped log lines.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;

use crate::telemetry::dropped_log_lines;

/// Reads the counter of the process's log at each scrape.
#[derive(Debug)]
pub(super) struct DroppedLinesCollector;

impl Collector for DroppedLinesCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let help = "Log lines that were dropped because standard output was not read fast enough.";
        let descriptor = encoder.encode_descriptor("log_lines_dropped", help, None, MetricType::Counter)?;
        ConstCounter::new(dropped_log_lines()).encode(descriptor)
    }
}
