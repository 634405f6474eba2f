//! Four hundred slow callers from slowhttptest. Good callers are served as usual, and the gateway closes the slow
//! connections.

use std::path::Path;
use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::callers::EVERYTHING;
use crate::environment::Environment;
use crate::gateway::{client, user};
use crate::process::{GatewayProcess, largest_file, sample};
use crate::program::Program;

const SLOWHTTPTEST: Program = Program { name: "slowhttptest", package: "slowhttptest" };

const CONNECTIONS: u64 = 400;

/// The time that slowhttptest takes to connect, and an allowance for a busy machine.
const SLACK: Duration = Duration::from_secs(5);

/// A kind of slow caller: its options, its target, and the time until the gateway closes its connections.
struct Attack {
    name: &'static str,
    arguments: &'static [&'static str],
    /// Whether it requests a large file. Otherwise it sends requests to `/users`.
    reads: bool,
    deadline: Duration,
}

const ATTACKS: [Attack; 3] = [
    Attack {
        name: "slow heads",
        arguments: &["-H", "-i", "1", "-x", "24"],
        reads: false,
        deadline: Duration::from_secs(5), // the deadline for a head
    },
    Attack {
        name: "slow bodies",
        arguments: &[
            "-B",
            "-i",
            "1",
            "-s",
            "8192",
            "-f",
            "application/json",
            // slowhttptest has no option for this header, but sends the value unchanged.
            "-j",
            "a=b\r\nAuthorization: Bearer key-of-everything",
        ],
        reads: false,
        deadline: Duration::from_secs(6), // half of server.request_timeout_ms for the body, and a second for the peer to close
    },
    Attack {
        name: "slow readers",
        arguments: &["-X", "-w", "10", "-y", "20", "-n", "5", "-z", "32"],
        reads: true,
        deadline: Duration::from_secs(10), // the deadline for a peer that reads nothing
    },
];

/// Resources in use.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    files: u64,
    bytes: u64,
}

impl Usage {
    async fn now(gateway: &GatewayProcess) -> Self {
        let (_, metrics) = gateway.manage("/metrics").await; // one page, so both values belong together
        let [files, bytes] = ["process_open_fds", "process_resident_memory_bytes"].map(|name| sample(&metrics, name));
        Self { files, bytes }
    }
}

impl Attack {
    /// Runs one wave until the gateway has closed all its connections. Returns the maximum usage meanwhile.
    async fn wave(&self, gateway: &GatewayProcess, before: Usage, home: &Path) -> Usage {
        let connections = CONNECTIONS.to_string();
        let path = if self.reads { largest_file(gateway.address).await } else { "/users".to_owned() };
        let url = format!("http://{}{path}", gateway.address);
        let usual = ["-c", &connections, "-r", &connections, "-l", "60", "-u", &url];
        let started = Instant::now();
        let mut slow = SLOWHTTPTEST.start(&[self.arguments, &usual].concat(), home);
        let mut max = Usage::default();
        let cut = timeout(self.deadline + SLACK, async {
            loop {
                let now = Usage::now(gateway).await;
                max = Usage { files: max.files.max(now.files), bytes: max.bytes.max(now.bytes) };
                // The good caller opens and closes some files and connections.
                if max.files > before.files + CONNECTIONS - 20 && now.files < before.files + 20 {
                    return;
                }
                sleep(Duration::from_millis(100)).await; // poll interval
            }
        });
        let cut = cut.await;
        slow.kill().await.expect("slowhttptest ends");
        assert!(cut.is_ok(), "{}: {max:?} after {:?}, {before:?} before", self.name, started.elapsed());
        println!("{}: {max:?}, cut after {:?}, {before:?} before", self.name, started.elapsed());
        max
    }
}

/// Registers ten users a second for ten seconds, each on a new connection. Returns the duration of each request.
async fn send_well_behaved_requests(url: String, name: &'static str) -> Vec<Duration> {
    let client = client();
    let mut ticks = interval(Duration::from_millis(100));
    let mut requests = JoinSet::new();
    for number in 0..100 {
        ticks.tick().await;
        let name = format!("{}-{number}", name.replace(' ', "-"));
        let request =
            client.post(format!("{url}/users")).bearer_auth(EVERYTHING).header("Content-Type", "application/json");
        let request = request.body(user(&name).to_string());
        requests.spawn(async move {
            let started = Instant::now();
            let reply = request.send().await.expect("a reply");
            assert_eq!(reply.status().as_u16(), 201);
            reply.bytes().await.expect("a whole reply");
            started.elapsed()
        });
    }
    requests.join_all().await
}

#[tokio::test]
async fn four_hundred_slow_callers_are_disconnected_in_time_and_good_callers_are_served() {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let gateway = Environment::new(&simulator.base_url(), &admin).unset("GATEWAY__SERVER__WORKERS").serve().await;
    let home = tempfile::tempdir().expect("a directory");
    for attack in &ATTACKS {
        let before = Usage::now(&gateway).await;
        let well_behaved = tokio::spawn(send_well_behaved_requests(format!("http://{}", gateway.address), attack.name));
        while !well_behaved.is_finished() {
            let max = attack.wave(&gateway, before, home.path()).await;
            assert!(max.files < before.files + CONNECTIONS + 64, "{}: {max:?}, {before:?} before", attack.name);
            let megabytes = max.bytes.saturating_sub(before.bytes) >> 20;
            assert!(megabytes < 64, "{}: {megabytes} MiB for slow callers", attack.name);
        }
        let mut times = well_behaved.await.expect("2xx for each request");
        times.sort();
        let (p95, slowest) = (times[94], times[99]);
        println!("{}: p95 {p95:?}, slowest {slowest:?}", attack.name);
        assert!(p95 < Duration::from_millis(250), "{}: p95 {p95:?}, slowest {slowest:?}", attack.name);
    }
}
