//! The `OpenAPI` document is committed, complete, and agrees with the behaviour of every operation.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::gateway::TestGateway;
use crate::operations::{Operation, operations};
use crate::reply::PROBLEMS;

pub(crate) fn committed() -> Value {
    let text = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json")).expect("the document");
    serde_json::from_slice(&text).expect("JSON")
}

pub(crate) fn schema(name: &str) -> Value {
    committed()["components"]["schemas"][name].clone()
}

/// The committed document. References are replaced by their targets, except references to schemas.
pub(crate) fn resolved() -> Value {
    let document = committed();
    let mut resolved = document.clone();
    resolve(&mut resolved["paths"], &document);
    resolve(&mut resolved["components"]["responses"], &document);
    resolved
}

fn resolve(value: &mut Value, document: &Value) {
    if let Some(pointer) = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'))
        && !pointer.starts_with("/components/schemas/")
    {
        *value = document.pointer(pointer).expect("a target").clone();
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|member| resolve(member, document)),
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, document)),
        _ => {}
    }
}

/// The entry of an operation in the resolved document.
pub(crate) fn entry_of(operation: &Operation) -> Value {
    resolved()["paths"][operation.path][operation.method.to_lowercase()].clone()
}

/// The name in a reference to a schema.
pub(crate) fn schema_name(schema: &Value) -> String {
    schema["$ref"].as_str().and_then(|it| it.strip_prefix("#/components/schemas/")).expect("a reference").to_owned()
}

pub(crate) fn properties(name: &str) -> Map<String, Value> {
    schema(name)["properties"].as_object().expect(name).clone()
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let gateway = TestGateway::start().await;
    let reply = gateway.get("/openapi.json").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let committed = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json")).unwrap();
    assert!(reply.body == committed, "regenerate it: cargo run -q -- openapi > openapi/openapi.json");
    let head = gateway.send(gateway.request(reqwest::Method::HEAD, "/openapi.json")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn the_document_is_openapi_3_1_and_has_exactly_the_operations_of_the_product() {
    let document = resolved();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            documented.insert((
                path.clone(),
                method.to_uppercase(),
                operation["operationId"].as_str().unwrap().to_owned(),
            ));
        }
    }
    let expected = operations().iter().map(|it| (it.path.to_owned(), it.method.to_owned(), it.id.to_owned()));
    assert_eq!(documented, expected.collect());
    for operation in operations() {
        let entry = &entry_of(operation);
        assert_eq!(entry["security"], json!([{ "callerKey": [] }]), "{}", operation.id);
        let description = entry["description"].as_str().unwrap();
        assert!(entry["summary"].is_string() && entry["tags"][0].is_string(), "{}", operation.id);
        assert!(description.contains(&format!("`{}`", operation.scope)), "{}: {description}", operation.id);
        let body = &entry["requestBody"];
        assert_eq!(body.is_object(), operation.body.is_some(), "{}", operation.id);
        if let Some(example) = &operation.body {
            assert_eq!(body["required"] == true, !operation.body_is_optional, "{}", operation.id);
            assert_eq!(body["content"]["application/json"]["example"], *example, "{}", operation.id);
        }
        let parameters = entry["parameters"].as_array().unwrap();
        for (name, is_documented) in
            [("id", operation.has_id()), ("Idempotency-Key", operation.honours_key), ("X-Request-Id", true)]
        {
            let found = parameters.iter().any(|parameter| parameter["name"] == name);
            assert_eq!(found, is_documented, "{} {name}", operation.id);
        }
    }
    let scheme = &document["components"]["securitySchemes"]["callerKey"];
    assert_eq!((&scheme["type"], &scheme["scheme"]), (&json!("http"), &json!("bearer")));
}

#[test]
fn every_schema_and_property_is_described_and_has_an_example() {
    for (name, schema) in committed()["components"]["schemas"].as_object().unwrap() {
        assert!(schema["description"].is_string(), "{name}");
        let Some(properties) = schema["properties"].as_object() else { continue };
        for (property, schema) in properties {
            let what = format!("{name}.{property}");
            let reference = ["/$ref", "/items/$ref", "/oneOf/0/$ref", "/oneOf/1/$ref"]
                .into_iter()
                .find_map(|place| schema.pointer(place));
            assert!(schema["description"].is_string() || reference.is_some(), "{what} is not described");
            let is_shown = ["example", "examples", "enum"].into_iter().any(|key| schema.get(key).is_some());
            assert!(is_shown || reference.is_some(), "{what} has no example");
        }
    }
}

#[test]
fn every_error_response_is_defined_once_and_shared() {
    let document = committed();
    for operation in operations() {
        let responses = document["paths"][operation.path][operation.method.to_lowercase()]["responses"].clone();
        for (status, response) in responses.as_object().unwrap() {
            let is_error = !status.starts_with('2');
            let reference = response["$ref"].as_str().unwrap_or_default();
            assert_eq!(reference.starts_with("#/components/responses/"), is_error, "{} {status}", operation.id);
        }
    }
    let components = document["components"]["responses"].as_object().unwrap();
    let different: BTreeSet<String> = components.values().map(Value::to_string).collect();
    assert_eq!(different.len(), components.len(), "all examples differ");
}

#[test]
fn every_response_has_an_example_of_each_of_its_problems() {
    for operation in operations() {
        let entry = entry_of(operation);
        let responses = entry["responses"].as_object().unwrap();
        for (status, response) in responses {
            let what = format!("{} {status}", operation.id);
            assert!(response["headers"]["X-Request-Id"].is_object(), "{what}");
            if status.starts_with('2') {
                assert_eq!(*status, operation.success.to_string(), "{what}");
                for content in response["content"].as_object().into_iter().flat_map(Map::values) {
                    assert!(content["schema"]["$ref"].is_string() && content["example"].is_object(), "{what}");
                }
            } else if status != "default" {
                expect_examples(response, status, &what);
            }
            for name in ["RateLimit", "RateLimit-Policy"] {
                let is_authenticated = !["401", "default"].contains(&status.as_str());
                assert_eq!(response["headers"][name].is_object(), is_authenticated, "{what} {name}");
            }
        }
        assert!(responses["401"]["headers"]["WWW-Authenticate"].is_object());
        for status in ["429", "503"] {
            assert!(responses[status]["headers"]["Retry-After"].is_object(), "{} {status}", operation.id);
        }
    }
    let created = entry_of(crate::operations::operation("createUser"));
    assert!(created["responses"]["201"]["headers"]["Location"].is_object());
}

/// Checks the examples of an error response.
fn expect_examples(response: &Value, status: &str, what: &str) {
    let examples = response["content"]["application/problem+json"]["examples"].as_object().expect(what);
    assert!(!examples.is_empty(), "{what}");
    for (name, example) in examples {
        let value = &example["value"];
        let code = value["code"].as_str().expect(what);
        assert_eq!(name.split('.').next(), Some(code), "{what}");
        assert_eq!(value["status"].to_string(), status, "{what} {name}");
        assert!(PROBLEMS.contains(&(code, status.parse().unwrap())), "{what} {name}");
        let is_of_a_call = ["outcome_unknown", "idempotency_unavailable"].contains(&code)
            || code.starts_with("centagate_")
            || value.get("upstreamCode").is_some();
        assert_eq!(value.get("outcome").is_some(), is_of_a_call, "{what}: {value}");
    }
}

#[test]
fn every_operation_documents_each_problem_that_it_can_answer() {
    let everywhere = [
        "unauthenticated",
        "forbidden",
        "rejected_by_centagate",
        "rate_limited",
        "audit_unavailable",
        "identity_unavailable",
        "internal",
        "centagate_denied",
        "centagate_failed",
        "centagate_unexpected",
        "centagate_unavailable",
        "centagate_timeout",
    ];
    let of_bodies = ["malformed_request", "request_timeout", "body_too_large", "unsupported_media_type"];
    let of_keys = [
        "invalid_idempotency_key",
        "idempotency_in_progress",
        "idempotency_mismatch",
        "outcome_unknown",
        "idempotency_unavailable",
    ];
    for operation in operations() {
        let entry = entry_of(operation);
        let responses = entry["responses"].as_object().unwrap().values();
        let examples = responses.filter_map(|it| it["content"]["application/problem+json"]["examples"].as_object());
        let documented: BTreeSet<&str> =
            examples.flat_map(Map::values).map(|example| example["value"]["code"].as_str().unwrap()).collect();
        let own = operation.own_codes.iter().map(|code| code.problem);
        let mut expected: BTreeSet<&str> = everywhere.into_iter().chain(own).collect();
        if operation.body.is_some() || operation.body_is_optional {
            expected.extend(of_bodies);
        }
        if operation.body.is_some() || operation.has_id() {
            expected.insert("invalid_request");
        }
        if operation.honours_key {
            expected.extend(of_keys);
        }
        if operation.honours_key && operation.replies_with_secret {
            expected.insert("passcode_no_longer_available");
        }
        if operation.is_off_by_default {
            expected.insert("operation_disabled");
        }
        assert_eq!(documented, expected, "{}", operation.id);
    }
}
