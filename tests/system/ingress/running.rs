//! A running nginx.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::{Instant, sleep};

use crate::program::Program;

const NGINX: Program = Program { name: "nginx", package: "nginx-light" };
/// Keeps the started process as the server. The directory belongs to the user of the test, who may be root.
const DIRECTIVES: &str = "daemon off; user root;";

pub(super) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A running nginx. Dropping it stops it.
pub(super) struct Running {
    directory: TempDir,
    process: Child,
}

impl Running {
    /// Starts nginx with `configuration` and waits until it listens on `address`.
    pub(super) async fn start(directory: TempDir, configuration: &str, address: SocketAddr) -> Self {
        let [file, log] = ["nginx.conf", "error.log"].map(|file| directory.path().join(file).display().to_string());
        std::fs::write(&file, configuration).expect("the configuration");
        let process = NGINX.start(&["-c", &file, "-e", &log, "-g", DIRECTIVES], directory.path());
        let nginx = Self { directory, process };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < TEST_TIMEOUT, "nginx does not listen: {}", nginx.read("error.log"));
            sleep(Duration::from_millis(20)).await; // poll interval
        }
        nginx
    }

    /// Reloads nginx with another configuration.
    pub(super) fn reload(&self, configuration: &str) {
        std::fs::write(self.directory.path().join("nginx.conf"), configuration).expect("the configuration");
        self.signal(Signal::HUP);
    }

    /// Reads a file in nginx's directory.
    pub(super) fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(file)).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).expect("nginx runs");
        kill_process(id, signal).expect("a signal");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.signal(Signal::TERM); // SIGKILL would leave the worker processes running
        let started = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) && started.elapsed() < TEST_TIMEOUT {
            std::thread::sleep(Duration::from_millis(10)); // poll interval
        }
    }
}
