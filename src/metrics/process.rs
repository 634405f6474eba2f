//! The standard metrics of the process: CPU time, memory, file descriptors.

use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Reads the process metrics at each scrape. They have the names that all Prometheus client libraries use. Values that
/// the system does not report are omitted.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    started: SystemTime,
}

impl ProcessCollector {
    pub(super) fn started_now() -> Self {
        Self { started: SystemTime::now() }
    }
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let mut write = |name, help, unit: Option<Unit>, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, unit.as_ref(), metric.metric_type())?)
        };
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = ConstGauge::new(started.as_secs_f64());
        write("process_start_time", "Start time of the process since the Unix epoch.", Some(Unit::Seconds), &started)?;
        let cpu = ConstCounter::new(cpu_seconds());
        write("process_cpu", "User and system CPU time of the process.", Some(Unit::Seconds), &cpu)?;
        if let Some(bytes) = resident_bytes() {
            let memory = ConstGauge::new(bytes);
            write("process_resident_memory", "Resident memory of the process.", Some(Unit::Bytes), &memory)?;
        }
        if let Some(open) = open_files() {
            write("process_open_fds", "Open file descriptors.", None, &ConstGauge::new(open))?;
        }
        if let Some(limit) = getrlimit(Resource::Nofile).current {
            write("process_max_fds", "Maximum number of open file descriptors.", None, &ConstGauge::new(limit))?;
        }
        Ok(())
    }
}

fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    std::time::Duration::try_from(time).unwrap_or_default().as_secs_f64()
}

/// The second field of `/proc/self/statm` is the resident set size in pages (proc(5)).
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

fn open_files() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // Reading the directory opens one more.
    u64::try_from(entries.saturating_sub(1)).ok()
}
