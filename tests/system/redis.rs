//! A Redis server for one test. It writes nothing to disk unless an option enables that.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use centagate_simulator::Tls;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands as _, Client, Cmd, FromRedisValue};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use crate::certificates::Authority;
use crate::own_address::own_address;
use crate::process::TEST_TIMEOUT;
use crate::program::Program;

const REDIS: Program = Program { name: "redis-server", package: "redis-server" };

/// The one entry that does not belong to a request.
pub(crate) const CANARY: &str = "centagate-gateway:canary";

/// A running Redis. Dropping it stops it.
pub(crate) struct Redis {
    address: SocketAddr,
    options: Vec<String>,
    password: Option<&'static str>,
    authority: Option<Authority>,
    process: Child,
    directory: TempDir,
}

/// Options of a Redis server.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) password: Option<&'static str>,
    /// TLS only, with a certificate from a private CA.
    pub(crate) tls: Option<CertificateFor>,
    /// More command-line options.
    pub(crate) others: Vec<&'static str>,
}

/// The subject of the server's certificate.
#[derive(Clone, Copy)]
pub(crate) enum CertificateFor {
    ItsAddress,
    Host(&'static str),
}

impl Redis {
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub(crate) async fn start_with(options: Options) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let address = own_address();
        let host = address.ip().to_string();
        let mut all: Vec<String> = ["--bind", &host, "--save", "", "--appendonly", "no"].map(str::to_owned).into();
        all.extend(options.password.iter().flat_map(|password| ["--requirepass", password]).map(str::to_owned));
        let authority = options.tls.map(|certificate| {
            let authority = Authority::new("Redis");
            let host = match certificate {
                CertificateFor::ItsAddress => &host,
                CertificateFor::Host(host) => host,
            };
            all.extend(tls_options(&authority.issue(host), directory.path()));
            authority
        });
        all.extend(options.others.into_iter().map(str::to_owned));
        let process = spawn(address, &all, authority.is_some(), directory.path());
        let mut redis = Self { address, options: all, password: options.password, authority, process, directory };
        assert!(redis.wait_until_it_answers().await, "Redis does not start: {}", redis.log());
        redis
    }

    /// The value for `redis.url`.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "rediss" } else { "redis" };
        let password = self.password.map(|password| format!(":{password}@")).unwrap_or_default();
        format!("{scheme}://{password}{}/0", self.address)
    }

    /// The port that Redis listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The certificate of the CA, for `redis.ca_certificate_file`.
    pub(crate) fn authority_pem(&self) -> String {
        self.authority.as_ref().expect("TLS").pem()
    }

    /// Kills Redis with SIGKILL.
    pub(crate) async fn kill(&mut self) {
        self.process.kill().await.expect("Redis ends");
    }

    /// Restarts Redis at the same address with the data on disk.
    pub(crate) async fn restart(&mut self) {
        self.spawn();
        assert!(self.wait_until_it_answers().await, "another program has taken its port: {}", self.log());
    }

    fn spawn(&mut self) {
        self.process = spawn(self.address, &self.options, self.authority.is_some(), self.directory.path());
    }

    /// Stops the process with SIGSTOP. The kernel still accepts connections, but nothing answers.
    pub(crate) fn suspend(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Sends a command and returns the reply.
    pub(crate) async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> T {
        command.query_async(&mut self.connection().await).await.expect("a reply")
    }

    /// The names of all entries except the canary, sorted.
    pub(crate) async fn names(&self) -> Vec<String> {
        let mut connection = self.connection().await;
        let mut names = Vec::new();
        let mut scan = connection.scan().await.expect("names");
        while let Some(name) = scan.next_item().await {
            names.push(name.expect("a name"));
        }
        names.retain(|name| name != CANARY);
        names.sort();
        names
    }

    /// The value of the entry `name`.
    pub(crate) async fn value(&self, name: &str) -> Vec<u8> {
        self.ask(redis::cmd("GET").arg(name)).await
    }

    async fn connection(&self) -> MultiplexedConnection {
        let connection = async { self.client().get_multiplexed_async_connection().await };
        timeout(TEST_TIMEOUT, connection).await.expect("a connection within TEST_TIMEOUT").expect("a connection")
    }

    /// A client that connects through a Unix socket, independent of the server's network settings.
    fn client(&self) -> Client {
        let socket = self.directory.path().join("redis.sock").display().to_string();
        let password = self.password.map(|password| format!("?pass={password}")).unwrap_or_default();
        Client::open(format!("redis+unix://{socket}{password}")).expect("a client")
    }

    /// Waits until Redis answers. Returns false if the process ends first.
    async fn wait_until_it_answers(&mut self) -> bool {
        let started = Instant::now();
        let client = self.client();
        loop {
            let answer = timeout(Duration::from_secs(1), async {
                let mut connection = client.get_multiplexed_async_connection().await?;
                redis::cmd("PING").query_async::<String>(&mut connection).await
            });
            let answer = answer.await;
            if self.process.try_wait().expect("the exit status").is_some() {
                return false;
            }
            if matches!(answer, Ok(Ok(pong)) if pong == "PONG") {
                return true;
            }
            assert!(started.elapsed() < TEST_TIMEOUT, "{}", self.log());
            sleep(Duration::from_millis(10)).await; // poll interval
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("redis.log")).unwrap_or_default()
    }

    fn signal(&self, signal: Signal) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw).expect("Redis runs");
        kill_process(id, signal).expect("a signal");
    }
}

fn spawn(address: SocketAddr, options: &[String], tls: bool, directory: &Path) -> Child {
    let port = address.port().to_string();
    let ports = if tls { ["--port", "0", "--tls-port", &port] } else { ["--port", &port, "--tls-port", "0"] };
    let files = ["--logfile", "redis.log", "--unixsocket", "redis.sock"];
    let arguments: Vec<&str> = ports.into_iter().chain(files).chain(options.iter().map(String::as_str)).collect();
    REDIS.start(&arguments, directory)
}

fn tls_options(tls: &Tls, directory: &Path) -> [String; 6] {
    for (file, pem) in [("tls.crt", &tls.certificate_pem), ("tls.key", &tls.key_pem)] {
        std::fs::write(directory.join(file), pem).expect("a file");
    }
    ["--tls-auth-clients", "no", "--tls-cert-file", "tls.crt", "--tls-key-file", "tls.key"].map(str::to_owned)
}
