//! A running gateway in its own process: its output, its metrics, signals and exit.

use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::audit_file::AuditFile;
use crate::output::{Output, Reader, follow};

/// The timeout of every wait in the tests.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A running gateway. Dropping it kills it.
pub(crate) struct GatewayProcess {
    child: Child,
    /// Reads standard output.
    pub(crate) reader: Reader,
    stdout: watch::Receiver<Output>,
    stderr: watch::Receiver<Output>,
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
    /// Keeps the environment's directory until the process has ended.
    directory: Arc<TempDir>,
}

impl GatewayProcess {
    /// Starts the gateway and waits until it accepts connections. It needs `directory` while it runs.
    pub(crate) async fn spawn(command: &mut Command, directory: Arc<TempDir>) -> Self {
        let mut child = command.spawn().unwrap();
        let reader = Reader::default();
        let stdout = follow(child.stdout.take().unwrap(), reader.clone());
        let stderr = follow(child.stderr.take().unwrap(), Reader::default());
        let (address, management) = (unknown(), unknown());
        let mut gateway = Self { child, reader, stdout, stderr, address, management, directory };
        let serving = gateway.wait_for_line(|line| line.contains("serving") && line.contains("management")).await;
        gateway.address = address_after(&serving, "address");
        gateway.management = address_after(&serving, "management");
        gateway
    }

    /// The audit trail, unless the test configured another sink.
    pub(crate) fn audit_trail(&self) -> AuditFile {
        AuditFile::at(self.directory.path().join("audit.jsonl"))
    }

    /// Waits for a line in the log and returns it.
    pub(crate) async fn wait_for_line(&self, mut wanted: impl FnMut(&str) -> bool) -> String {
        let mut stdout = self.stdout.clone();
        let found = timeout(TEST_TIMEOUT, async {
            let output = stdout.wait_for(|output| output.lines.iter().any(|line| wanted(line)) || output.ended).await;
            output.map(|output| output.lines.clone()).unwrap_or_default()
        });
        let lines = found.await.unwrap_or_default();
        let line = lines.into_iter().find(|line| wanted(line));
        line.unwrap_or_else(|| panic!("no such line: {:?} {:?}", self.lines(), self.stderr.borrow().lines))
    }

    /// Waits until the log has `count` of the wanted lines, and returns them.
    pub(crate) async fn wait_for_lines(&self, count: usize, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut stdout = self.stdout.clone();
        let pick = |output: &Output| output.lines.iter().filter(|line| wanted(line)).cloned().collect::<Vec<_>>();
        let found = stdout.wait_for(|output| pick(output).len() >= count || output.ended);
        let lines =
            timeout(TEST_TIMEOUT, found).await.map(|output| output.map(|output| pick(&output)).unwrap_or_default());
        let lines = lines.unwrap_or_default();
        assert!(lines.len() >= count, "fewer than {count} such lines: {:?} {:?}", self.lines(), self.stderr_lines());
        lines
    }

    /// Waits for the log line of the request with this id.
    pub(crate) async fn wait_for_request(&self, id: &str) -> Value {
        let line = self.wait_for_line(|line| json(line)["request_id"] == id).await;
        json(&line)
    }

    /// All lines of the log so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.stdout.borrow().lines.clone()
    }

    /// All lines on standard error so far.
    pub(crate) fn stderr_lines(&self) -> Vec<String> {
        self.stderr.borrow().lines.clone()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("-INT");
    }

    /// The id of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until a sample has this value.
    pub(crate) async fn wait_for_sample(&self, name: &str, value: u64) {
        let reached = timeout(TEST_TIMEOUT, async {
            while sample(&self.manage("/metrics").await.1, name) != value {
                tokio::time::sleep(Duration::from_millis(10)).await; // poll interval
            }
        });
        reached.await.unwrap_or_else(|_| panic!("{name} is not {value}: {:?}", self.lines()));
    }

    /// Sends SIGHUP, as log rotation does.
    pub(crate) fn hang_up(&self) {
        self.signal("-HUP");
    }

    /// Sends a signal by its name for `kill`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
    }

    /// Waits for the end of the process and of its output.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        for output in [&mut self.stdout, &mut self.stderr] {
            let ended = timeout(TEST_TIMEOUT, output.wait_for(|output| output.ended)).await;
            drop(ended.expect("the process ends within TEST_TIMEOUT"));
        }
        self.child.wait().unwrap()
    }

    /// Waits for the end of the process, even if its output is not read.
    pub(crate) async fn exit(&mut self) -> ExitStatus {
        let exited = timeout(TEST_TIMEOUT, async {
            loop {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(Duration::from_millis(10)).await; // poll interval
            }
        });
        exited.await.expect("the process ends within TEST_TIMEOUT")
    }

    /// The status and the text of a page of the management listener.
    pub(crate) async fn manage(&self, path: &str) -> (u16, String) {
        get(self.management, path).await
    }
}

/// The path of the largest file that a gateway serves: Swagger UI's script.
pub(crate) async fn largest_file(address: SocketAddr) -> String {
    let (_, page) = get(address, "/docs/").await;
    let name = page.split('"').find(|name| name.starts_with("swagger-ui-bundle.")).expect("the script");
    format!("/docs/{name}")
}

async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    // Without TLS, the client need not load the system's CAs, which takes long.
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(TEST_TIMEOUT).build().unwrap();
    let reply = client.get(format!("http://{address}{path}")).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

impl Drop for GatewayProcess {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A log line as JSON, or `null` if it is not JSON.
pub(crate) fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

/// The value of a sample, or 0 if it does not exist yet.
pub(crate) fn sample(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(0, |value| value.parse().expect("a count"))
}

fn unknown() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// The address after `address=…` or `"address":"…"`.
fn address_after(line: &str, name: &str) -> SocketAddr {
    let (_, rest) = line.split_once(name).expect(name);
    let rest = rest.trim_start_matches(|character: char| !character.is_ascii_digit() && character != '[');
    let end = rest.find(|character: char| !character.is_ascii_hexdigit() && !"[.:]".contains(character));
    rest[..end.unwrap_or(rest.len())].parse().expect(line)
}
