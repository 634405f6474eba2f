//! Connections that send tiny requests and read no replies, and silent connections to the management listener. Memory
//! and open files stay within bounds, and well-behaved clients are served as usual.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use centagate_simulator::{Admin, Config, Simulator};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::callers::EVERYTHING;
use crate::environment::Environment;
use crate::gateway::{client, user};
use crate::process::{GatewayProcess, largest_file, sample};

const HOSTILE: usize = 256;
const SILENT: usize = 8_600;
/// The limit for the 95th percentile of well-behaved requests. It is higher for a debug build.
const P95: Duration = Duration::from_millis(if cfg!(debug_assertions) { 1_500 } else { 250 });

const DURATION: Duration = Duration::from_secs(30);

/// The memory limit in the deployment's manifest is 256 MiB, including the kernel's buffers.
const MAX_MEMORY: u64 = 150 << 20;

/// The requests of hostile connections, apart from requests for the largest file. Some replies have bodies, some have
/// none.
const REQUESTS: [&str; 4] = [
    "GET / HTTP/1.1\r\nHost:g\r\n\r\n",
    "GET /docs HTTP/1.1\nHost:g\n\n",
    "HEAD /problems HTTP/1.1\r\nHost:g\r\n\r\n",
    "POST /users HTTP/1.1\r\nHost:g\r\nContent-Length:1\r\n\r\n\n",
];

/// Sends requests on one connection after another and reads no reply.
async fn flood(address: SocketAddr, request: String) {
    let requests = request.repeat(10_000);
    loop {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(4096).expect("a small buffer");
        // The gateway closes each connection in the end.
        if let Ok(mut connection) = socket.connect(address).await {
            while connection.write_all(requests.as_bytes()).await.is_ok() {}
        }
        sleep(Duration::from_millis(100)).await; // limits the rate of new connections
    }
}

async fn resident_memory(gateway: &GatewayProcess) -> u64 {
    sample(&gateway.manage("/metrics").await.1, "process_resident_memory_bytes")
}

/// Registers ten users a second, each on a new connection. Returns the duration of each request.
async fn send_well_behaved_requests(url: String, duration: Duration, name: &str) -> Vec<Duration> {
    let client = client();
    let mut ticks = interval(Duration::from_millis(100));
    let (mut requests, started) = (JoinSet::new(), Instant::now());
    let mut number = 0;
    while started.elapsed() < duration {
        ticks.tick().await;
        number += 1;
        let request =
            client.post(format!("{url}/users")).bearer_auth(EVERYTHING).header("Content-Type", "application/json");
        let request = request.body(user(&format!("{name}-{number}")).to_string());
        requests.spawn(async move {
            let started = Instant::now();
            let reply = request.send().await.expect("a reply");
            assert_eq!(reply.status().as_u16(), 201);
            reply.bytes().await.expect("a whole reply");
            started.elapsed()
        });
    }
    let mut times = requests.join_all().await;
    times.sort();
    times
}

/// Opens as many well-behaved connections as there will be hostile ones, because the allocator keeps some of their
/// memory.
async fn ordinary_load(url: &str, largest: String) {
    let mut connections = JoinSet::new();
    for _ in 0..HOSTILE {
        let (url, largest) = (url.to_owned(), largest.clone());
        connections.spawn(async move {
            let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
            for path in ["/problems", &largest, "/nowhere"].into_iter().cycle().take(12) {
                let reply = client.get(format!("{url}{path}")).send().await.expect("a reply");
                reply.bytes().await.expect("a whole reply");
            }
        });
    }
    connections.join_all().await;
    send_well_behaved_requests(url.to_owned(), Duration::from_secs(3), "early").await;
}

fn p95(times: &[Duration]) -> Duration {
    times[times.len() * 95 / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn peers_that_read_no_replies_use_little_memory_and_it_is_freed() {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let gateway = Environment::new(&simulator.base_url(), &admin).set("GATEWAY__SERVER__WORKERS", "2").serve().await;
    let url = format!("http://{}", gateway.address);
    let largest = largest_file(gateway.address).await;
    ordinary_load(&url, largest.clone()).await;
    let large = format!("GET {largest} HTTP/1.1\r\nHost:g\r\n\r\n");
    let requests: Vec<String> = REQUESTS.into_iter().map(str::to_owned).chain([large]).collect();
    let before = resident_memory(&gateway).await;
    let mut hostile = JoinSet::new();
    for number in 0..HOSTILE {
        hostile.spawn(flood(gateway.address, requests[number % requests.len()].clone()));
    }
    let well_behaved = tokio::spawn(send_well_behaved_requests(url.clone(), DURATION, "good"));
    let mut max = 0;
    while !well_behaved.is_finished() {
        max = max.max(resident_memory(&gateway).await);
        sleep(Duration::from_millis(200)).await; // poll interval
    }
    let times = well_behaved.await.expect("201 for each request");
    drop(hostile);
    println!("{} MiB before, at most {} MiB, p95 {:?}", before >> 20, max >> 20, p95(&times));
    assert!(max < MAX_MEMORY, "{} MiB", max >> 20);
    assert!(p95(&times) < P95, "p95 {:?}", p95(&times));
    let ended = Instant::now();
    let given_back = timeout(Duration::from_secs(60), async {
        while resident_memory(&gateway).await > before + before / 5 {
            sleep(Duration::from_millis(500)).await; // poll interval
        }
    });
    let given_back = given_back.await.is_ok();
    println!("{} MiB after {:?}", resident_memory(&gateway).await >> 20, ended.elapsed());
    assert!(given_back, "{} MiB, {} MiB before", resident_memory(&gateway).await >> 20, before >> 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn silent_connections_to_the_management_listener_block_neither_probes_nor_callers() {
    let admin = Admin::with_fresh_session("admin");
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    let gateway = Environment::new(&simulator.base_url(), &admin).set("GATEWAY__SERVER__WORKERS", "2").serve().await;
    let well_behaved = tokio::spawn(send_well_behaved_requests(
        format!("http://{}", gateway.address),
        Duration::from_secs(10),
        "good",
    ));
    let management = gateway.management;
    // A thread of its own, so that the probes below can send their requests at once.
    let silent = tokio::task::spawn_blocking(move || {
        (0..SILENT).map(|_| TcpStream::connect(management).expect("a connection")).collect::<Vec<_>>()
    });
    let mut files = 0;
    while !well_behaved.is_finished() {
        let started = Instant::now();
        assert_eq!(gateway.manage("/livez").await.0, 200);
        assert_eq!(gateway.manage("/readyz").await.0, 200);
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        files = files.max(sample(&gateway.manage("/metrics").await.1, "process_open_fds"));
    }
    let times = well_behaved.await.expect("201 for each request");
    let silent = timeout(Duration::from_secs(60), silent).await.expect("all connect").expect("no panic");
    println!("{} silent, at most {files} open files, p95 {:?}", silent.len(), p95(&times));
    assert!(files < 2 * 512 + 256, "{files} open files");
    assert!(p95(&times) < P95, "p95 {:?}", p95(&times));
}
