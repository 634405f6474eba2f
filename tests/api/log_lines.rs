//! The log: one JSON object per line, one line per request, with the information that an operator needs.

use centagate_simulator::{Behaviour, Instruction};
use serde_json::{Value, json};

use crate::callers;
use crate::environment::Environment;
use crate::fault_server::{Fault, FaultServer};
use crate::gateway::user;
use crate::process::GatewayProcess;
use crate::raw;

async fn post(gateway: &GatewayProcess, id: &str, key: &str, body: &Value) -> Value {
    let headers = format!("X-Request-Id: {id}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n");
    raw::exchange(gateway.address, &raw::post("/users", &headers, body.to_string().as_bytes())).await;
    gateway.wait_for_request(id).await
}

#[tokio::test]
async fn the_line_of_a_request_contains_caller_operation_and_outcome() {
    let (environment, simulator) = Environment::with_simulator().await;
    let mut gateway = environment.serve().await;
    let unexpected = Behaviour::reply(200, "text/html", "<html>");
    for (id, key, body, behaviour, expected) in [
        (
            "created",
            callers::EVERYTHING,
            user("pl4nted-name"),
            None,
            json!({ "level": "INFO", "message": "request", "caller": "everything", "method": "POST", "route": "/users",
                "status": 201, "operation": "createUser", "upstream_code": 0, "outcome": "executed" }),
        ),
        (
            "taken",
            callers::USERS,
            user("pl4nted-name"),
            None,
            json!({ "caller": "users", "status": 409, "code": "username_taken", "upstream_code": 22025,
                "outcome": "notExecuted" }),
        ),
        (
            "unreadable",
            callers::EVERYTHING,
            user("carol"),
            Some(unexpected),
            json!({ "status": 502, "code": "centagate_unexpected", "outcome": "unknown" }),
        ),
        ("invalid", callers::EVERYTHING, json!({}), None, json!({ "status": 422, "code": "invalid_request" })),
        (
            "forbidden",
            callers::TOKENS,
            json!({}),
            None,
            json!({ "caller": "tokens", "status": 403, "code": "forbidden" }),
        ),
        ("unknown", "pl4nted-key", json!({}), None, json!({ "status": 401, "code": "unauthenticated" })),
    ] {
        if let Some(behaviour) = behaviour {
            simulator.instruct(Instruction::once(None, behaviour));
        }
        let line = post(&gateway, id, key, &body).await;
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(line[member], *value, "{member} in {line}");
        }
        assert!(line["timestamp"].is_string() && line["duration_ms"].is_number(), "{line}");
        assert_eq!(line["operation"].is_null(), line["outcome"].is_null(), "{line}");
        assert_eq!(line["caller"].is_null(), id == "unknown", "{line}");
    }
    gateway.terminate();
    assert!(gateway.end().await.success());
    for line in gateway.lines() {
        let object: Result<Value, _> = serde_json::from_str(&line);
        assert!(object.is_ok_and(|object| object.is_object()), "{line}");
        assert!(!line.contains("pl4nted"), "{line}");
    }
}

#[tokio::test]
async fn a_success_with_an_unreadable_object_causes_a_warning() {
    let (environment, simulator) = Environment::with_simulator().await;
    let gateway = environment.serve().await;
    simulator.instruct(Instruction::once(None, Behaviour::Object(json!(null))));
    let line = post(&gateway, "nulls", callers::EVERYTHING, &user("alice")).await;
    assert_eq!((&line["status"], &line["outcome"]), (&json!(201), &json!("executed")));
    let warning = gateway.wait_for_line(|line| line.contains("\"WARN\"")).await;
    assert!(warning.contains("\"unreadable_object\":true") && warning.contains("createUser"), "{warning}");
}

#[tokio::test]
async fn a_proxy_is_used_only_if_it_is_configured() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"code\":\"0\",\"object\":\"p\"}".to_vec();
    let proxy = FaultServer::start(vec![Fault::Send(answer)]).await;
    let (environment, simulator) = Environment::with_simulator().await;
    let mut environment = environment;
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        environment = environment.set(name, &proxy.base_url());
    }
    let gateway = environment.serve().await;
    assert_eq!(post(&gateway, "direct", callers::EVERYTHING, &user("alice")).await["status"], 201);
    assert_eq!((simulator.requests().len(), proxy.requests()), (1, 0));

    let gateway = environment.set("GATEWAY__CENTAGATE__PROXY_URL", &proxy.base_url()).serve().await;
    assert_eq!(post(&gateway, "proxied", callers::EVERYTHING, &user("bert")).await["status"], 201);
    assert_eq!((simulator.requests().len(), proxy.requests()), (1, 1));
}
