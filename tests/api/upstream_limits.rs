//! Limits on calls of CENTAGATE: their duration, their number, and the circuit breaker.

use std::time::{Duration, Instant};

use centagate_simulator::{Behaviour, Gate, Instruction};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::timeout;

use crate::fault_server::{Fault, FaultServer};
use crate::gateway::{Setup, TestGateway, alice, user};
use crate::process::sample;
use crate::reply::Reply;

/// Registers `count` users at the same time.
async fn create_users(gateway: &TestGateway, count: usize) -> Vec<Reply> {
    let users: Vec<_> = (0..count).map(|number| user(&format!("user-{number}"))).collect();
    join_all(users.iter().map(|user| gateway.create_user(user))).await
}

/// How many of `replies` are timeouts with an unknown outcome, and how many say that nothing was sent. There may be no
/// others.
fn timed_out_and_not_sent(replies: &[Reply]) -> (usize, usize) {
    let with = |status: u16, code: &str, outcome: &str| {
        let replies = replies.iter().filter(|reply| reply.status == status);
        replies.map(|reply| assert_eq!(reply.problem(code)["outcome"], outcome)).count()
    };
    let counts = (with(504, "centagate_timeout", "unknown"), with(503, "centagate_unavailable", "notExecuted"));
    assert_eq!(counts.0 + counts.1, replies.len(), "{replies:?}");
    counts
}

#[tokio::test]
async fn a_timed_out_request_is_not_sent_again_when_centagate_recovers() {
    let gateway = Setup::new().hurried().start().await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let reply = gateway.create_user(&alice()).await;
    assert_eq!((reply.status, &reply.problem("centagate_timeout")["outcome"]), (504, &Value::from("unknown")));
    gate.open();
    let finished = timeout(Duration::from_secs(10), gateway.simulator.wait_for_finished(1));
    assert_eq!(finished.await.expect("the call ends").len(), 1);
    let second: Value = gateway.create_user(&alice()).await.problem("username_taken");
    assert_eq!(second["outcome"], "notExecuted");
}

#[tokio::test]
async fn a_request_that_is_queued_too_long_is_not_sent_and_gets_503() {
    let server = FaultServer::start(vec![Fault::Silence]).await;
    let gateway = Setup::new().hurried().set("centagate.max_in_flight", "1").upstream(server.base_url()).start().await;
    let started = Instant::now();
    // Each call takes 150 ms, and the deadline is 600 ms. A call that has not been sent after 450 ms is not sent.
    let replies = create_users(&gateway, 8).await;
    assert!(started.elapsed() < Duration::from_millis(600 + 250), "{:?}", started.elapsed());
    let (timed_out, not_sent) = timed_out_and_not_sent(&replies);
    assert!(timed_out >= 1 && not_sent >= 4 && server.requests() <= timed_out, "{timed_out} {}", server.requests());
}

#[tokio::test]
async fn a_caller_with_too_many_waiting_requests_gets_503_at_once() {
    let gateway = Setup::new().set("centagate.max_in_flight", "1").start().await;
    // A caller may use three quarters of the 16 places in the queue.
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    let (replies, refused) = tokio::join!(create_users(&gateway, 1 + 12), async {
        let all_wait =
            async { while sample(&gateway.manage("/metrics").await.1, "gateway_centagate_calls_waiting") < 12 {} };
        timeout(Duration::from_secs(10), all_wait).await.expect("12 wait");
        let refused = gateway.create_user(&user("one-too-many")).await;
        let refusals = "gateway_centagate_calls_total{operation=\"create_user\",code=\"caller_share\"}";
        assert_eq!(sample(&gateway.manage("/metrics").await.1, refusals), 1);
        // A waiting request has no audit line yet. The refused one has an attempt and an outcome.
        let trail: Vec<_> = gateway.audit_trail().lines().into_iter().map(|line| line["audit"].clone()).collect();
        assert_eq!(trail, ["attempt", "attempt", "outcome"]);
        gate.open();
        refused
    });
    assert_eq!(timed_out_and_not_sent(&[refused]), (0, 1));
    assert!(replies.iter().all(|reply| reply.status == 201), "{replies:?}");
    assert_eq!(gateway.simulator.requests().len(), 13);
}

#[tokio::test]
async fn the_breaker_opens_if_centagate_does_not_answer_and_stays_closed_if_it_answers_anything() {
    let html = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 6\r\n\r\n<html>".to_vec();
    for (fault, opens) in [(Fault::Silence, true), (Fault::Close, false), (Fault::Send(html), false)] {
        let server = FaultServer::start(vec![fault.clone()]).await;
        let gateway = Setup::new().hurried().upstream(server.base_url()).start().await;
        create_users(&gateway, 20).await;
        let before = server.requests();
        let reply = gateway.create_user(&alice()).await;
        assert_eq!(reply.status == 503, opens, "{fault:?}: {reply:?}");
        let state = format!("\ngateway_centagate_breaker_open {}.0\n", u8::from(opens));
        assert!(gateway.manage("/metrics").await.1.contains(&state), "{fault:?}");
        assert_eq!(server.requests() - before, usize::from(!opens), "{fault:?}");
        if opens {
            let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=5).contains(&seconds), "{seconds}");
            assert_eq!(timed_out_and_not_sent(&[reply]), (0, 1));
        }
    }
}
