//! Compares the calls of client programs with the gateway's calls for the same two operations.

use std::time::Duration;

use centagate_simulator::{Admin, Config, Operation, Request, Simulator, User};
use serde_json::json;
use tokio::time::timeout;

use super::client::Client;
use crate::gateway::Gateway;

/// The operations that the clients call together, in this order.
const OPERATIONS: [Operation; 2] = [Operation::CreateUser, Operation::RegisterOtpToken];

/// A simulator with the user that gets the one-time PIN.
pub(super) async fn start_simulator(admin: &Admin) -> Simulator {
    let simulator = Simulator::start(Config::new(admin.clone())).await.expect("a simulator");
    simulator.add_user(User::new("bob"));
    simulator
}

/// Runs the clients one after the other against `simulator`, and the gateway against a second one. Both simulators must
/// receive the same requests and answer them with code 0.
pub(super) async fn compare_with_gateway(simulator: Simulator, admin: &Admin, clients: &[Client]) {
    let mut printed = String::new();
    for client in clients {
        printed += &client.run(&simulator, admin).await;
    }
    assert_eq!(printed.matches(r#""code":"0""#).count(), OPERATIONS.len(), "the clients printed {printed}");
    let from_clients = successful_requests(simulator).await;

    let simulator = start_simulator(admin).await;
    send_through_gateway(&simulator, admin).await;
    let from_gateway = successful_requests(simulator).await;

    for (client, gateway) in from_clients.iter().zip(&from_gateway) {
        assert_eq!(gateway.method, client.method);
        assert_eq!(gateway.path, client.path);
        assert_eq!(gateway.members, client.members, "the whole body, cenToken included");
    }
}

/// Sends the requests to the gateway that lead to the same calls.
async fn send_through_gateway(simulator: &Simulator, admin: &Admin) {
    let user = json!({
        "username": "zoë@example.com", "firstName": "Zoë", "lastName": "O'Brien 李", "email": "zoe@example.com",
        "group": "Staff", "app": "portal", "uniqueId": "4711", "clientId": "C/4711",
        "additionalData": ["one", "two", "three", "four", "five"],
    });
    let token = json!({ "status": "valid", "validitySeconds": 600 });

    let gateway = Gateway::start(simulator, admin);
    assert_eq!(gateway.post("/users", &user).await, 201);
    assert_eq!(gateway.post("/users/bob/otp-token", &token).await, 201);
    gateway.stop().await;
}

/// Returns the requests that the simulator received: one for each of `OPERATIONS`, all executed with code 0.
async fn successful_requests(simulator: Simulator) -> Vec<Request> {
    let finished = timeout(Duration::from_secs(10), simulator.wait_for_finished(OPERATIONS.len())).await;
    let requests = finished.expect("all requests arrive");
    simulator.stop().await;
    let operations: Vec<_> = requests.iter().filter_map(|request| request.operation).collect();
    assert_eq!(operations, OPERATIONS, "{requests:?}");
    for request in &requests {
        assert_eq!(request.code.as_deref(), Some("0"), "{request:?}");
        assert!(request.executed, "{request:?}");
    }
    requests
}
