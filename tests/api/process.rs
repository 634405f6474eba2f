//! The real program in its own process: command line, environment, output and exit.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator, User};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::atomic_file;
use crate::audit_file::AuditFile;
use crate::callers;
use crate::output::{Output, Reader, follow};

/// The timeout of every wait in the tests.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(20);

/// A working configuration. The program does not inherit the test's environment.
pub(crate) struct Environment {
    pub(crate) directory: Arc<TempDir>,
    variables: BTreeMap<String, String>,
    /// The path to the executable.
    pub(crate) program: &'static str,
}

impl Environment {
    /// The environment for a CENTAGATE at `base_url` with this admin.
    pub(crate) fn new(base_url: &str, admin: &Admin) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let callers_file = callers::write(directory.path());
        let audit = directory.path().join("audit.jsonl");
        let program = env!("CARGO_BIN_EXE_centagate-gateway");
        let environment = Self { directory, variables: BTreeMap::new(), program };
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        environment
            .set("GATEWAY_CONFIG_DIR", config.to_str().unwrap())
            .set("GATEWAY__SERVER__HOST", "127.0.0.1")
            .set("GATEWAY__SERVER__PORT", "0")
            .set("GATEWAY__SERVER__WORKERS", "1")
            .set("GATEWAY__RATE_LIMIT__REQUESTS_PER_MINUTE", "1000000")
            .set("GATEWAY__RATE_LIMIT__BURST", "1000000")
            .set("GATEWAY__RATE_LIMIT__CODES_PER_USER_PER_MINUTE", "0")
            .set("GATEWAY__SERVER__DRAIN_MS", "0")
            .set("GATEWAY__MANAGEMENT__HOST", "127.0.0.1")
            .set("GATEWAY__MANAGEMENT__PORT", "0")
            .set("GATEWAY__CENTAGATE__BASE_URL", base_url)
            .set("GATEWAY__CENTAGATE__UNDOCUMENTED_CALLS", "true")
            .set("GATEWAY__CENTAGATE__ADMIN__USERNAME", &admin.username)
            .set("GATEWAY__CENTAGATE__ADMIN__AUTH_TOKEN", &admin.auth_token)
            .set("GATEWAY__CENTAGATE__ADMIN__SECRET_CODE", &admin.secret_code)
            .set("GATEWAY__AUDIT__SINK", audit.to_str().unwrap())
            .set("GATEWAY__CALLERS_FILE", callers_file.to_str().unwrap())
    }

    /// The environment for a CENTAGATE that does not exist and is never called.
    pub(crate) fn without_centagate() -> Self {
        let admin = Admin { username: "admin".into(), auth_token: "token".into(), secret_code: "code".into() };
        Self::new("http://127.0.0.1:1", &admin)
    }

    /// Starts a simulator with the user `bob`, and returns an environment for it.
    pub(crate) async fn with_simulator() -> (Self, Simulator) {
        let admin = Admin::with_fresh_session("admin");
        let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
        simulator.add_user(User::new("bob"));
        (Self::new(&simulator.base_url(), &admin), simulator)
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn unset(mut self, name: &str) -> Self {
        self.variables.remove(name).expect(name);
        self
    }

    /// Writes a file into the environment's directory and returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        atomic_file::replace(&path, content);
        path.display().to_string()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        command.args(arguments).env_clear().envs(&self.variables).current_dir(self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let mut child = self.command(arguments).spawn().unwrap();
        let (stdout, stderr) = (gather(child.stdout.take().unwrap()), gather(child.stderr.take().unwrap()));
        let (Ok(stdout), Ok(stderr)) = (stdout.recv_timeout(TEST_TIMEOUT), stderr.recv_timeout(TEST_TIMEOUT)) else {
            child.kill().unwrap();
            panic!("{arguments:?} did not end");
        };
        Finished { status: child.wait().unwrap().code(), stdout, stderr }
    }

    /// Starts the gateway and waits until it accepts connections.
    pub(crate) async fn serve(&self) -> GatewayProcess {
        let mut child = self.command(&["serve"]).spawn().unwrap();
        let reader = Reader::default();
        let stdout = follow(child.stdout.take().unwrap(), reader.clone());
        let stderr = follow(child.stderr.take().unwrap(), Reader::default());
        let directory = Arc::clone(&self.directory);
        let (address, management) = (unknown(), unknown());
        let mut gateway = GatewayProcess { child, reader, stdout, stderr, address, management, directory };
        let serving = gateway.wait_for_line(|line| line.contains("serving") && line.contains("management")).await;
        gateway.address = address_after(&serving, "address");
        gateway.management = address_after(&serving, "management");
        gateway
    }
}

/// The result of a finished run.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

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

fn gather(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).expect("output in UTF-8");
        sender.send(text)
    });
    receiver
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
