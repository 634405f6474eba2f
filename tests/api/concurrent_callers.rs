//! Many concurrent callers on several threads.

use std::collections::BTreeSet;
use std::time::Duration;

use centagate_simulator::{Behaviour, Gate, Instruction};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::environment::Environment;
use crate::gateway::user;
use crate::raw;

const CALLERS: usize = 60;

#[tokio::test]
async fn all_concurrent_callers_get_their_own_reply_and_a_stopping_gateway_loses_none() {
    let (environment, simulator) = Environment::with_simulator().await;
    let environment = environment.set("GATEWAY__CENTAGATE__MAX_IN_FLIGHT", "80"); // a limit of 60 for one caller
    let mut gateway = environment.set("GATEWAY__SERVER__WORKERS", "4").serve().await;
    let gate = Gate::new();
    simulator.instruct(Instruction::always(None, Behaviour::Hold(gate.clone())));
    let address = gateway.address;
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        callers.spawn(async move {
            let name = format!("user-{number}");
            let headers = format!("X-Request-Id: {name}\r\n{}", raw::usual_headers());
            let request = raw::post("/users", &headers, user(&name).to_string().as_bytes());
            let reply = raw::exchange(address, &request).await;
            assert_eq!((reply.status, reply.header("x-request-id")), (201, Some(&*name)));
            assert_eq!(reply.json()["username"], name);
        });
    }
    let held = timeout(Duration::from_secs(20), async {
        tokio::select! {
            () = gate.entered_by(CALLERS) => {}
            failed = callers.join_next() => panic!("{failed:?}"),
        }
    });
    held.await.expect("CENTAGATE holds all calls");
    gateway.terminate();
    gateway.wait_for_line(|line| line.contains("\"stopping\"")).await;
    gate.open();
    while let Some(caller) = callers.join_next().await {
        caller.expect("the reply to its own request");
    }
    assert!(gateway.end().await.success());
    let names: BTreeSet<_> =
        simulator.requests().iter().map(|request| request.member("username").unwrap().to_owned()).collect();
    assert_eq!((names.len(), simulator.requests().len()), (CALLERS, CALLERS));
}
