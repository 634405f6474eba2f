//! A configuration for the real program, and runs of the program with it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;

use centagate_simulator::{Admin, Config, Simulator, User};
use tempfile::TempDir;

use crate::atomic_file;
use crate::callers;
use crate::process::{GatewayProcess, TEST_TIMEOUT};

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
        GatewayProcess::spawn(&mut self.command(&["serve"]), Arc::clone(&self.directory)).await
    }
}

/// The result of a finished run.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
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
