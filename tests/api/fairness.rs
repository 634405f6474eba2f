//! A slow CENTAGATE, and callers that send more than it can process. The gateway sends only calls that can still be
//! answered, and shuts out no caller.

use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction};
use futures_util::future::join_all;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::callers;
use crate::gateway::{Setup, user};
use crate::process::sample;
use crate::raw;

const MANY: usize = 500;
const TEST_TIMEOUT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn five_hundred_concurrent_creates_leave_no_unknown_outcome_with_a_slow_centagate() {
    let gateway = Setup::new().set("rate_limit.burst", "1000").start().await;
    gateway.simulator.instruct(Instruction::always(None, Behaviour::Delay(Duration::from_secs(4))));
    let users: Vec<_> = (0..MANY).map(|number| user(&format!("user-{number}"))).collect();
    let replies = join_all(users.iter().map(|user| gateway.create_user(user))).await;
    let mut created = 0;
    for reply in &replies {
        if reply.status == 201 {
            created += 1;
        } else {
            assert_eq!(reply.problem("centagate_unavailable")["outcome"], "notExecuted");
        }
    }
    assert!(created >= 48, "at least three quarters of 64 calls are sent at once: {created}");
    assert_eq!((gateway.simulator.requests().len(), gateway.simulator.executions()), (created, created));
}

#[tokio::test]
async fn a_caller_with_a_long_queue_does_not_delay_other_callers() {
    let setup = Setup::new().set("centagate.max_in_flight", "4");
    // On a busy machine, they may wait long.
    let setup = setup.set("server.request_timeout_ms", "30000").set("server.shutdown_ms", "30000");
    let gateway = setup.start().await;
    let gate = Gate::new();
    gateway.simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    let users: Vec<_> = (0..30).map(|number| user(&format!("user-{number}"))).collect();
    let greedy = join_all(users.iter().map(|user| gateway.create_user(user)));
    let others = async {
        let queued =
            async { while sample(&gateway.manage("/metrics").await.1, "gateway_centagate_calls_waiting") < 27 {} };
        timeout(TEST_TIMEOUT, queued).await.expect("three calls are in flight and 27 wait");
        let other = gateway.send(gateway.post_as(callers::USERS, "/users", &user("other")));
        let release = async {
            timeout(TEST_TIMEOUT, gate.entered_by(4)).await.expect("the other caller is served at once");
            gate.open();
        };
        tokio::join!(other, release).0
    };
    let (greedy, other) = tokio::join!(greedy, others);
    assert_eq!(other.status, 201, "{}", other.text());
    assert!(greedy.iter().all(|reply| reply.status == 201), "{greedy:?}");
    assert_eq!(gateway.simulator.requests().len(), 31);
}

#[tokio::test]
async fn a_request_whose_body_arrives_too_late_for_a_reply_is_not_sent() {
    let setup = Setup::new().set("centagate.request_timeout_ms", "4000").set("centagate.connect_timeout_ms", "100");
    let gateway = setup.set("server.request_timeout_ms", "5000").start().await;
    let body = user("late").to_string();
    for key in ["", "Idempotency-Key: late\r\n"] {
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        let request = raw::post("/users", &(raw::usual_headers() + key), body.as_bytes());
        let (early, late) = request.split_at(request.len() - 1);
        connection.write_all(early).await.unwrap();
        sleep(Duration::from_millis(1200)).await; // the rest of the 5 s is shorter than CENTAGATE's timeout of 4 s
        connection.write_all(late).await.unwrap();
        let reply = raw::read_reply(&mut connection).await;
        assert_eq!(reply.problem("centagate_unavailable")["outcome"], "notExecuted");
    }
    assert!(gateway.simulator.requests().is_empty());
    assert_eq!(gateway.create_user(&user("late")).await.status, 201);
}
