//! `PUT /users/{id}/status`: both statuses, the rules of the body, and the audit records.

use reqwest::Method;
use serde_json::{Value, json};

use crate::gateway::TestGateway;
use crate::reply::Reply;

async fn set_status(gateway: &TestGateway, id: &str, body: &Value) -> Reply {
    let request = gateway.json(Method::PUT, &format!("/users/{id}/status"), body);
    gateway.send(request.header("x-request-id", "status")).await
}

#[tokio::test]
async fn a_user_is_deactivated_and_activated_and_a_repeated_request_changes_nothing() {
    let gateway = TestGateway::start().await;
    for (word, digit, active) in
        [("inactive", "0", false), ("inactive", "0", false), ("active", "1", true), ("active", "1", true)]
    {
        let reply = set_status(&gateway, "bob", &json!({ "status": word })).await;
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{word}: {}", reply.text());
        assert_eq!(gateway.simulator.user("bob").unwrap().active, active, "{word}");
        let requests = gateway.simulator.requests();
        let members = &requests.last().unwrap().members;
        assert_eq!((members.len(), &members["username"], &members["status"]), (3, &json!("bob"), &json!(digit)));
        let lines = gateway.audit_trail().of_request("status");
        assert_eq!(lines.len() % 2, 0);
        assert!(lines.iter().rev().take(2).all(|line| line["requested_status"] == word), "{lines:?}");
    }
    let problem = set_status(&gateway, "nobody", &json!({ "status": "active" })).await.problem("user_not_found");
    assert_eq!(problem["outcome"], "notExecuted");
}

#[tokio::test]
async fn the_status_is_one_of_two_words_and_no_digit() {
    let gateway = TestGateway::start().await;
    for body in [
        json!({}),
        json!({ "status": null }),
        json!({ "status": "" }),
        json!({ "status": "Active" }),
        json!({ "status": "1" }),
        json!({ "status": 1 }),
        json!({ "status": true }),
        json!({ "status": "valid" }),
    ] {
        assert_eq!(set_status(&gateway, "bob", &body).await.faults(), ["/status"], "{body}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn the_status_cannot_be_read() {
    let gateway = TestGateway::start().await;
    let reply = gateway.get("/users/bob/status").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("PUT")));
}
