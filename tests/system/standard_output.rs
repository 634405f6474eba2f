//! Standard output that is blocked or read slowly, while the gateway gets two thousand requests a second.

use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::caller::Caller;
use crate::environment::Environment;
use crate::output::Reading;
use crate::process::{GatewayProcess, json};

/// How long standard output is blocked.
const BLOCKED: Duration = Duration::from_secs(10);

/// Requests without a key per second.
const FLOOD: u32 = 2000;

/// The time limit for a stop: `drain_ms` is 0 in tests, and this is the default of `shutdown_ms`.
const SHUTDOWN: Duration = Duration::from_secs(15);

/// The time limit for becoming ready after the reader resumes.
const RECOVERY: Duration = Duration::from_secs(2);

/// Sends requests that get 404 until it is dropped.
struct Flood {
    connections: JoinSet<()>,
}

impl Flood {
    fn start(gateway: &GatewayProcess) -> Self {
        const CONNECTIONS: u32 = 20;
        let mut connections = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let address = gateway.address;
            connections.spawn(async move {
                let mut connection = TcpStream::connect(address).await.expect("a connection");
                let mut ticks = interval(Duration::from_secs(1) * CONNECTIONS / FLOOD);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                let mut reply = [0; 4096];
                loop {
                    ticks.tick().await;
                    let request = b"GET /nowhere HTTP/1.1\r\nHost: g\r\n\r\n";
                    connection.write_all(request).await.expect("the gateway accepts the request");
                    let length = connection.read(&mut reply).await.expect("a reply");
                    assert!(reply[..length].starts_with(b"HTTP/1.1 404"), "{length}");
                }
            });
        }
        Self { connections }
    }

    /// Stops the flood and checks that no request failed.
    async fn end(mut self) {
        self.connections.abort_all();
        while let Some(connection) = self.connections.join_next().await {
            assert!(connection.expect_err("the flood runs until it is stopped").is_cancelled());
        }
    }
}

/// Creates twenty users a second while standard output is blocked. Returns the status and the duration of each request.
async fn create_users(caller: &Caller, name: &str) -> Vec<(u16, Duration)> {
    let mut ticks = interval(Duration::from_millis(50));
    let (started, mut requests) = (Instant::now(), JoinSet::new());
    for number in 0.. {
        ticks.tick().await;
        if started.elapsed() > BLOCKED {
            break;
        }
        let (caller, name) = (caller.clone(), format!("{name}-{number}"));
        requests.spawn(async move {
            let started = Instant::now();
            let status = caller.create_user(&name).await.status;
            (status, started.elapsed())
        });
    }
    requests.join_all().await
}

/// The 99th percentile and the maximum.
fn p99(replies: &[(u16, Duration)]) -> (Duration, Duration) {
    let mut times: Vec<_> = replies.iter().map(|(_, time)| *time).collect();
    times.sort();
    (times[times.len() * 99 / 100], times[times.len() - 1])
}

async fn unmatched_requests(caller: &Caller) -> u64 {
    caller.metric("gateway_http_requests_total{route=\"unmatched\",method=\"GET\",status=\"404\"}").await
}

async fn start(trail: &str) -> (GatewayProcess, Simulator) {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let environment = Environment::new(&simulator.base_url(), &admin).unset("GATEWAY__SERVER__WORKERS");
    let environment = if trail == "stdout" { environment.unset("GATEWAY__AUDIT__SINK") } else { environment };
    (environment.serve().await, simulator)
}

/// Stops the gateway while nothing reads its output.
async fn stop(mut gateway: GatewayProcess) {
    let started = Instant::now();
    gateway.terminate();
    assert!(gateway.exit().await.success());
    println!("ended {:?} after SIGTERM", started.elapsed());
    assert!(started.elapsed() < SHUTDOWN);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_output_fails_no_request_if_the_audit_trail_is_in_a_file() {
    let (gateway, simulator) = start("file").await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Paused);
    let (flood, before) = (Flood::start(&gateway), unmatched_requests(&caller).await);
    let replies = create_users(&caller, "user").await;
    let flooded = unmatched_requests(&caller).await - before;
    let (p99, slowest) = p99(&replies);
    let dropped = caller.metric("gateway_log_lines_dropped_total").await;
    println!(
        "{} creates beside {flooded} 404s: p99 {p99:?}, slowest {slowest:?}; {dropped} lines dropped",
        replies.len()
    );
    assert!(replies.iter().all(|(status, _)| *status == 201), "{replies:?}");
    assert_eq!(simulator.executions(), replies.len());
    assert_eq!(gateway.audit_trail().lines().len(), 2 * replies.len());
    assert!(p99 < Duration::from_millis(250), "p99 {p99:?}");
    assert!(flooded > u64::from(FLOOD) * BLOCKED.as_secs() / 2, "a flood: {flooded}");
    assert_eq!(caller.readiness().await.0, 200);
    flood.end().await;
    stop(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocked_output_that_carries_the_audit_trail_makes_every_action_get_503() {
    let (gateway, simulator) = start("stdout").await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Paused);
    let flood = Flood::start(&gateway);
    caller.wait_for_readiness(503).await;
    let executed = simulator.executions();
    let replies = create_users(&caller, "refused").await;
    let (p99, slowest) = p99(&replies);
    println!("{} refused: p99 {p99:?}, slowest {slowest:?}", replies.len());
    assert!(replies.iter().all(|(status, _)| *status == 503), "{replies:?}");
    assert!(slowest < Duration::from_secs(10), "within the deadline");
    assert_eq!(simulator.executions(), executed, "nothing is sent");

    let resumed = Instant::now();
    gateway.reader.set(Reading::Normal);
    caller.wait_for_readiness(200).await;
    println!("ready {:?} after the reader resumed", resumed.elapsed());
    assert!(resumed.elapsed() < RECOVERY);
    assert_eq!(caller.create_user("alice").await.status, 201);
    let about_the_refused = |line: &String| json(line)["audit"].is_string() && line.contains("\"target\":\"refused");
    assert!(!gateway.lines().iter().any(about_the_refused), "refused actions leave no audit line later");

    gateway.reader.set(Reading::Paused);
    caller.wait_for_readiness(503).await;
    flood.end().await;
    stop(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_loses_log_lines_but_no_audit_lines() {
    let (gateway, simulator) = start("stdout").await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Slow);
    let flood = Flood::start(&gateway);
    while caller.metric("gateway_log_lines_dropped_total").await == 0 {
        sleep(Duration::from_millis(100)).await; // poll interval
    }
    let replies = create_users(&caller, "user").await;
    let (p99, slowest) = p99(&replies);
    println!("{} creates: p99 {p99:?}, slowest {slowest:?}", replies.len());
    assert!(replies.iter().all(|(status, _)| *status == 201), "{replies:?}");
    assert_eq!(simulator.executions(), replies.len());
    flood.end().await;
    stop(gateway).await;
}
