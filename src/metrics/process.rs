use std::time::{SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use rustix::param::page_size;
use rustix::process::{Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

/// What the process uses, read at each scrape, under the names that all Prometheus clients share. What the system does
/// not tell is left out.
#[derive(Debug)]
pub(super) struct Process {
    started: SystemTime,
}

impl Process {
    pub(super) fn started_now() -> Self {
        Self { started: SystemTime::now() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> std::fmt::Result {
        let mut write = |name, help, unit: Option<Unit>, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, unit.as_ref(), metric.metric_type())?)
        };
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = ConstGauge::new(started.as_secs_f64());
        write("process_start_time", "When the process started.", Some(Unit::Seconds), &started)?;
        let cpu = ConstCounter::new(cpu_seconds());
        write("process_cpu", "Processor time that the process has used.", Some(Unit::Seconds), &cpu)?;
        if let Some(bytes) = resident_bytes() {
            let memory = ConstGauge::new(bytes);
            write("process_resident_memory", "Memory that the process occupies.", Some(Unit::Bytes), &memory)?;
        }
        if let Some(open) = open_files() {
            write("process_open_fds", "File descriptors that are open.", None, &ConstGauge::new(open))?;
        }
        if let Some(most) = getrlimit(Resource::Nofile).current {
            write("process_max_fds", "File descriptors that may be open.", None, &ConstGauge::new(most))?;
        }
        Ok(())
    }
}

fn cpu_seconds() -> f64 {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    std::time::Duration::try_from(used).unwrap_or_default().as_secs_f64()
}

/// The second number of `/proc/self/statm` (proc(5)) is in pages.
fn resident_bytes() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = pages.split(' ').nth(1)?.parse().ok()?;
    Some(pages * page_size() as u64)
}

fn open_files() -> Option<u64> {
    let entries = std::fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the look itself.
    u64::try_from(entries.saturating_sub(1)).ok()
}
