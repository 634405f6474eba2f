//! The audit trail of many concurrent actions.

use serde_json::json;
use tokio::task::JoinSet;

use crate::audit_file::object;
use crate::audit_lines::{outcome_status_code, pair};
use crate::environment::Environment;
use crate::gateway::user;
use crate::raw;

#[tokio::test]
async fn fifty_concurrent_actions_leave_a_hundred_complete_audit_lines_in_every_sink() {
    for (sink, fsync) in [("file", "false"), ("file", "true"), ("stdout", "false")] {
        let (environment, _simulator) = Environment::with_simulator().await;
        let mut environment = environment.set("GATEWAY__AUDIT__FSYNC", fsync).set("GATEWAY__SERVER__WORKERS", "2");
        if sink == "stdout" {
            environment = environment.unset("GATEWAY__AUDIT__SINK");
        }
        let mut gateway = environment.serve().await;
        let (mut callers, address) = (JoinSet::new(), gateway.address);
        for number in 0..50 {
            callers.spawn(async move {
                let name = format!("user-{number}");
                let headers = format!("X-Request-Id: {name}\r\n{}", raw::usual_headers());
                let request = raw::post("/users", &headers, user(&name).to_string().as_bytes());
                assert_eq!(raw::exchange(address, &request).await.status, 201);
            });
        }
        while let Some(caller) = callers.join_next().await {
            caller.expect("a reply");
        }
        let from_file = gateway.audit_trail().lines();
        gateway.terminate();
        assert!(gateway.end().await.success());
        let printed = gateway.lines();
        let printed = printed.iter().map(|line| object(line).unwrap_or_else(|| panic!("torn: {line}")));
        let printed: Vec<_> = printed.filter(|line| line.get("audit").is_some()).collect();
        let lines = if sink == "stdout" { &printed } else { &from_file };
        assert_eq!((lines.len(), printed.len() + from_file.len()), (100, 100), "{sink}: {printed:?}");
        for number in 0..50 {
            let name = format!("user-{number}");
            let of_one: Vec<_> = lines.iter().filter(|line| line["requestId"] == name).cloned().collect();
            let (attempt, outcome) = pair(&of_one);
            assert_eq!((&attempt["target"], outcome_status_code(outcome).0), (&json!(name), "executed"));
        }
    }
}
