//! Calls of CENTAGATE in bounds: their time, how many are under way, and none while it has failed too often.

use std::time::{Duration, Instant};

use centagate_simulator::{Behaviour, Gate, Instruction};
use futures_util::future::join_all;
use serde_json::Value;
use tokio::time::timeout;

use crate::fault_server::{Fault, FaultServer};
use crate::gateway::{Setup, TestGateway, alice, user};
use crate::process::sample;
use crate::reply::Reply;

/// So many users registered at once.
async fn create_users(gateway: &TestGateway, count: usize) -> Vec<Reply> {
    let users: Vec<_> = (0..count).map(|number| user(&format!("user-{number}"))).collect();
    join_all(users.iter().map(|user| gateway.create_user(user))).await
}

/// How many of `replies` say that nobody knows, and how many that nothing was sent; there may be no others.
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
async fn a_request_that_timed_out_is_not_sent_again_when_centagate_wakes_up() {
    let gateway = Setup::new().hurried().start().await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::once(None, Behaviour::Hold(gate.clone())));
    let reply = gateway.create_user(&alice()).await;
    assert_eq!((reply.status, &reply.problem("centagate_timeout")["outcome"]), (504, &Value::from("unknown")));
    gate.open();
    let finished = timeout(Duration::from_secs(10), gateway.simulator.wait_for_finished(1));
    assert_eq!(finished.await.expect("an end").len(), 1);
    let again: Value = gateway.create_user(&alice()).await.problem("username_taken");
    assert_eq!(again["outcome"], "notExecuted");
}

#[tokio::test]
async fn a_request_whose_turn_comes_too_late_for_its_reply_is_not_sent_and_says_so() {
    let server = FaultServer::start(vec![Fault::Silence]).await;
    let gateway = Setup::new().hurried().set("centagate.max_in_flight", "1").upstream(server.base_url()).start().await;
    let started = Instant::now();
    // Each call takes 150 ms, and all is over after 600: what is not on its way after 450 is not sent.
    let replies = create_users(&gateway, 8).await;
    assert!(started.elapsed() < Duration::from_millis(600 + 250), "{:?}", started.elapsed());
    let (timed_out, not_sent) = timed_out_and_not_sent(&replies);
    assert!(timed_out >= 1 && not_sent >= 4 && server.requests() <= timed_out, "{timed_out} {}", server.requests());
}

#[tokio::test]
async fn where_too_many_requests_of_a_caller_wait_further_ones_are_refused_at_once() {
    let gateway = Setup::new().set("centagate.max_in_flight", "1").start().await;
    // Three quarters of the 16 places to wait.
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    let (replies, refused) = tokio::join!(create_users(&gateway, 1 + 12), async {
        let all_wait =
            async { while sample(&gateway.manage("/metrics").await.1, "gateway_centagate_calls_waiting") < 12 {} };
        timeout(Duration::from_secs(10), all_wait).await.expect("12 wait");
        let refused = gateway.create_user(&user("one-too-many")).await;
        let refusals = "gateway_centagate_calls_total{operation=\"create_user\",code=\"caller_share\"}";
        assert_eq!(sample(&gateway.manage("/metrics").await.1, refusals), 1);
        // A request that waits has attempted nothing yet; the refused one has its pair.
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
async fn a_centagate_that_does_not_answer_is_left_alone_and_one_that_answers_anything_is_not() {
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
