//! Each operation sends exactly the documented call: path, method and members, for the smallest and the largest body.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::callers;
use crate::contract_document::{entry_of, schema, schema_name};
use crate::gateway::with;
use crate::operations::{Operation, let_calls_succeed, operations};
use crate::upstream_requests::{ADMIN_SEGMENT, CEN_TOKEN, awkward_admin, expect_members};
use crate::upstream_rows::{KINDS, Row, rows};

/// The schema of an operation's body, if it has one.
fn schema_of(operation: &Operation) -> Option<Value> {
    let content = &entry_of(operation)["requestBody"]["content"]["application/json"];
    content.is_object().then(|| schema(&schema_name(&content["schema"])))
}

/// The minimum number of members in a body.
fn least_members(schema: &Value) -> u64 {
    let required = schema["required"].as_array().map_or(0, Vec::len) as u64;
    required.max(schema["minProperties"].as_u64().unwrap_or(0))
}

/// `body` with null for each absent optional member, or `None` if null is a fault in this operation.
fn with_nulls(operation: &Operation, body: &Value) -> Option<Value> {
    let schema = schema_of(operation)?;
    if schema["minProperties"].is_u64() {
        return None;
    }
    let absent = schema["properties"].as_object().unwrap().keys().filter(|name| body.get(name).is_none());
    Some(absent.fold(body.clone(), |body, name| with(body, name, Value::Null)))
}

/// The time in milliseconds since 1970.
fn milliseconds() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

#[tokio::test]
async fn each_request_becomes_exactly_the_documented_call() {
    let gateway = awkward_admin()
        .without_rate_limit()
        .set("users.default_group", "default group")
        .set("users.default_app", "default app")
        .start()
        .await;
    let_calls_succeed(&gateway.simulator);
    let mut calls = 0;
    for Row { operation, path, body, upstream_path, members } in rows() {
        let variant = body.as_ref().and_then(|body| with_nulls(operation, body));
        for body in [Some(body), variant.map(Some)].into_iter().flatten() {
            let text = body.as_ref().map(Value::to_string);
            let what = format!("{} {path} {text:?}", operation.id);
            let method = operation.method.parse().unwrap();
            let mut request = gateway.request(method, &path).bearer_auth(callers::EVERYTHING);
            if let Some(text) = text {
                request = request.header("content-type", "application/json").body(text);
            }
            let sent_at = milliseconds();
            let reply = gateway.send(request).await;
            calls += 1;
            assert_eq!(reply.status, operation.success, "{what}: {}", reply.text());
            assert_eq!(gateway.simulator.requests().len(), calls, "{what}");
            let mut expected = with(members.clone(), "cenToken", CEN_TOKEN);
            if operation.id == "registerCertificate" {
                let time = gateway.simulator.requests()[calls - 1].members["timestamp"].clone();
                let clock = sent_at..=milliseconds();
                assert!(time.as_str().is_some_and(|time| clock.contains(&time.parse().unwrap())), "{what}: {time}");
                expected["timestamp"] = time;
            }
            let request = expect_members(&gateway, &expected);
            assert_eq!(request.method, "PUT", "{what}");
            assert_eq!(request.path, format!("/CentagateWS/webresources/{upstream_path}/{ADMIN_SEGMENT}"), "{what}");
            assert_eq!(request.header("content-type"), Some("application/json"), "{what}");
        }
    }
}

#[test]
fn every_operation_has_rows_with_the_smallest_and_the_largest_body() {
    let rows = rows();
    for operation in operations() {
        let rows = rows.iter().filter(|row| row.operation.id == operation.id);
        let sizes: Vec<Option<u64>> =
            rows.map(|row| row.body.as_ref().map(|body| body.as_object().unwrap().len() as u64)).collect();
        let mut expected = Vec::new();
        if let Some(schema) = schema_of(operation) {
            let most = schema["properties"].as_object().unwrap().len() as u64;
            expected.extend([Some(least_members(&schema)), Some(most)]);
        } else if operation.body_is_optional {
            expected.push(Some(0));
        }
        if operation.body.is_none() {
            expected.push(None);
        }
        for size in expected {
            assert!(sizes.contains(&size), "{} has no row with {size:?} members: {sizes:?}", operation.id);
        }
    }
}

#[test]
fn every_word_of_a_path_has_a_row() {
    let words = schema("TokenKind")["enum"].clone();
    assert_eq!(words, json!(KINDS.map(|(word, _)| word)));
    for operation in operations().iter().filter(|operation| operation.path.contains("{kind}")) {
        for (kind, _) in KINDS {
            let path = operation.path.replace("{id}", "bob").replace("{kind}", kind);
            assert!(rows().iter().any(|row| row.operation.id == operation.id && row.path == path), "{path}");
        }
    }
}
