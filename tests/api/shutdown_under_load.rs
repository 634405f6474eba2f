//! SIGTERM under load. Callers that follow readiness and `Connection: close` lose no request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::environment::Environment;
use crate::gateway::user;
use crate::raw;

const CALLERS: usize = 8;

/// Sends one request after the other until the gateway is not ready, on a connection that stays open until a reply
/// closes it. Returns how many replies did so. A request without a complete reply fails the test.
async fn send_until_unready(
    gateway: SocketAddr,
    caller: usize,
    ready: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> usize {
    let (mut connection, mut ended) = (None, 0);
    for number in 0.. {
        if !ready.load(Ordering::Relaxed) {
            return ended;
        }
        let mut open = match connection.take() {
            Some(open) => open,
            None => TcpStream::connect(gateway).await.expect("a connection"),
        };
        let body = user(&format!("user-{caller}-{number}")).to_string();
        open.write_all(&raw::post("/users", &raw::usual_headers(), body.as_bytes()))
            .await
            .expect("the gateway accepts the request");
        let reply = raw::read_reply(&mut open).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        answered.fetch_add(1, Ordering::Relaxed);
        match reply.header("connection") {
            Some("close") => ended += 1,
            _ => connection = Some(open),
        }
    }
    unreachable!("numbers do not end")
}

/// Waits until the gateway is not ready.
async fn wait_until_unready(management: SocketAddr) {
    let mut reply = String::new();
    while !reply.starts_with("HTTP/1.1 503 ") {
        reply.clear();
        let mut connection = TcpStream::connect(management).await.expect("a connection");
        connection.write_all(b"GET /readyz HTTP/1.1\r\nHost: g\r\n\r\n").await.unwrap();
        connection.read_to_string(&mut reply).await.expect("a reply");
    }
}

/// Waits until `count` requests have been answered.
async fn wait_for_answers(count: usize, answered: &AtomicUsize, callers: &mut JoinSet<usize>) {
    let reached = timeout(Duration::from_secs(20), async {
        while answered.load(Ordering::Relaxed) < count {
            if let Some(failed) = callers.try_join_next() {
                panic!("{failed:?}");
            }
            tokio::task::yield_now().await;
        }
    });
    reached.await.expect("callers are answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_stopped_under_load_is_unready_within_100_ms_and_answers_every_request() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.set("GATEWAY__SERVER__DRAIN_MS", "3000").serve().await;
    let (ready, answered) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(send_until_unready(gateway.address, caller, Arc::clone(&ready), Arc::clone(&answered)));
    }
    wait_for_answers(10 * CALLERS, &answered, &mut callers).await;

    let process = Pid::from_raw(gateway.id().try_into().unwrap()).expect("a process id");
    let terminated = Instant::now();
    kill_process(process, Signal::TERM).expect("SIGTERM");
    timeout(Duration::from_secs(5), wait_until_unready(gateway.management)).await.expect("the gateway becomes unready");
    let elapsed = terminated.elapsed();
    assert!(elapsed < Duration::from_millis(100), "{elapsed:?}");
    // A caller that polls rarely notices later.
    let since = answered.load(Ordering::Relaxed) + 6 * CALLERS;
    wait_for_answers(since, &answered, &mut callers).await;
    ready.store(false, Ordering::Relaxed);
    let mut closed = 0;
    while let Some(caller) = callers.join_next().await {
        closed += caller.expect("a complete reply to each request");
    }
    assert!(closed >= 5 * CALLERS, "only {closed} replies ended their connections");
    assert!(gateway.end().await.success(), "exit status 0");
    assert_eq!(simulator.executions(), answered.load(Ordering::Relaxed));
}
