//! Standard output that nobody reads, or only slowly, under two thousand requests a second.

use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use crate::caller::Caller;
use crate::output::Reading;
use crate::process::{Environment, GatewayProcess, json};

/// How long standard output is blocked.
const BLOCKED: Duration = Duration::from_secs(10);

/// Requests of strangers in a second.
const FLOOD: u32 = 2000;

/// What a gateway of the tests may take to end: `drain_ms` is 0, and this is the default of `shutdown_ms`.
const SHUTDOWN: Duration = Duration::from_secs(15);

/// How soon the gateway is ready again once its output is read.
const RECOVERY: Duration = Duration::from_secs(2);

/// A flood of 404s until it is dropped.
struct Flood {
    lanes: JoinSet<()>,
}

impl Flood {
    fn start(gateway: &GatewayProcess) -> Self {
        const LANES: u32 = 20;
        let mut lanes = JoinSet::new();
        for _ in 0..LANES {
            let address = gateway.address;
            lanes.spawn(async move {
                let mut connection = TcpStream::connect(address).await.expect("a connection");
                let mut ticks = interval(Duration::from_secs(1) * LANES / FLOOD);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
                let mut reply = [0; 4096];
                loop {
                    ticks.tick().await;
                    let request = b"GET /nowhere HTTP/1.1\r\nHost: g\r\n\r\n";
                    connection.write_all(request).await.expect("the gateway takes it");
                    let length = connection.read(&mut reply).await.expect("a reply");
                    assert!(reply[..length].starts_with(b"HTTP/1.1 404"), "{length}");
                }
            });
        }
        Self { lanes }
    }

    /// Ends it; nothing may have gone wrong.
    async fn end(mut self) {
        self.lanes.abort_all();
        while let Some(lane) = self.lanes.join_next().await {
            assert!(lane.expect_err("it goes on until it is ended").is_cancelled());
        }
    }
}

/// Twenty users a second for as long as standard output is blocked; answers each status and how long it took.
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

async fn answered(caller: &Caller) -> u64 {
    caller.metric("gateway_http_requests_total{route=\"unmatched\",method=\"GET\",status=\"404\"}").await
}

async fn start(trail: &str) -> (GatewayProcess, Simulator) {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let environment = Environment::new(&simulator.base_url(), &admin).unset("GATEWAY__SERVER__WORKERS");
    let environment = if trail == "stdout" { environment.unset("GATEWAY__AUDIT__SINK") } else { environment };
    (environment.serve().await, simulator)
}

/// Stops it while nobody reads.
async fn stop(mut gateway: GatewayProcess) {
    let started = Instant::now();
    gateway.terminate();
    assert!(gateway.exit().await.success());
    println!("ended {:?} after SIGTERM", started.elapsed());
    assert!(started.elapsed() < SHUTDOWN);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_trail_in_a_file_the_api_goes_on_while_standard_output_is_blocked() {
    let (gateway, simulator) = start("file").await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Paused);
    let (flood, before) = (Flood::start(&gateway), answered(&caller).await);
    let replies = create_users(&caller, "user").await;
    let flooded = answered(&caller).await - before;
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
async fn with_the_trail_on_standard_output_nothing_is_done_while_it_is_blocked() {
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
    gateway.reader.set(Reading::On);
    caller.wait_for_readiness(200).await;
    println!("ready {:?} after the reader resumed", resumed.elapsed());
    assert!(resumed.elapsed() < RECOVERY);
    assert_eq!(caller.create_user("alice").await.status, 201);
    let about_the_refused = |line: &String| json(line)["audit"].is_string() && line.contains("\"target\":\"refused");
    assert!(!gateway.lines().iter().any(about_the_refused), "no line of theirs appears later");

    gateway.reader.set(Reading::Paused);
    caller.wait_for_readiness(503).await;
    flood.end().await;
    stop(gateway).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_the_log_do_not_crowd_out_the_trail_where_the_reader_is_slow() {
    let (gateway, simulator) = start("stdout").await;
    let caller = Caller::of(&gateway);
    gateway.reader.set(Reading::Slow);
    let flood = Flood::start(&gateway);
    while caller.metric("gateway_log_lines_dropped_total").await == 0 {
        sleep(Duration::from_millis(100)).await; // between two looks
    }
    let replies = create_users(&caller, "user").await;
    let (p99, slowest) = p99(&replies);
    println!("{} creates: p99 {p99:?}, slowest {slowest:?}", replies.len());
    assert!(replies.iter().all(|(status, _)| *status == 201), "{replies:?}");
    assert_eq!(simulator.executions(), replies.len());
    flood.end().await;
    stop(gateway).await;
}
