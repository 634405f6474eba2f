//! The `OpenAPI` document: committed, complete, and true.

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::gateway::{TestGateway, alice, user, with};
use crate::reply::PROBLEMS;

/// Paths, methods and operations.
const OPERATIONS: [(&str, &str, &str); 3] = [
    ("/users", "post", "createUser"),
    ("/users/{id}", "get", "getUser"),
    ("/users/{id}/otp-token", "post", "registerOtpToken"),
];

/// Paths that take a body, and its schema.
const BODIES: [(&str, &str); 2] =
    [("/users", "CreateUserRequest"), ("/users/{id}/otp-token", "RegisterOtpTokenRequest")];

pub(crate) fn committed() -> Value {
    let text = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json")).expect("the document");
    serde_json::from_slice(&text).expect("JSON")
}

pub(crate) fn schema(name: &str) -> Value {
    committed()["components"]["schemas"][name].clone()
}

fn properties(name: &str) -> Map<String, Value> {
    schema(name)["properties"].as_object().expect(name).clone()
}

#[tokio::test]
async fn the_served_document_is_the_committed_one() {
    let gateway = TestGateway::start().await;
    let reply = gateway.get("/openapi.json").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let committed = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json")).unwrap();
    assert!(reply.body == committed, "regenerate it: cargo run -q -- openapi > openapi/openapi.json");
    let head = gateway.send(gateway.request(Method::HEAD, "/openapi.json")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
}

#[test]
fn the_document_is_openapi_3_1_with_all_operations_and_the_security_scheme() {
    let document = committed();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(paths, OPERATIONS.map(|(path, ..)| path));
    for (path, method, id) in OPERATIONS {
        let operation = &document["paths"][path][method];
        assert_eq!(operation["operationId"], id);
        assert_eq!(operation["security"], json!([{ "callerKey": [] }]));
        assert_eq!(operation["requestBody"]["required"] == true, method == "post");
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string());
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
fn every_error_response_has_an_example_of_each_problem_that_fits_its_status() {
    for (path, method, _) in OPERATIONS {
        let document = committed();
        let responses = document["paths"][path][method]["responses"].as_object().unwrap();
        for (status, response) in responses {
            assert!(response["headers"]["X-Request-Id"].is_object(), "{path} {status}");
            if status.starts_with('2') {
                let content = &response["content"]["application/json"];
                assert!(content["schema"]["$ref"].is_string() && content["example"].is_object(), "{path}");
                continue;
            }
            if status == "default" {
                continue;
            }
            let examples = response["content"]["application/problem+json"]["examples"].as_object().expect("examples");
            for (code, example) in examples {
                let value = &example["value"];
                assert_eq!(value["code"], *code);
                assert_eq!(value["status"].to_string(), *status);
                assert!(PROBLEMS.contains(&(code, status.parse().unwrap())), "{path} {status} {code}");
                let of_a_call = ["outcome_unknown", "idempotency_unavailable"].contains(&code.as_str());
                let is_upstreams = of_a_call || code.starts_with("centagate_") || value.get("upstreamCode").is_some();
                assert_eq!(value.get("outcome").is_some(), is_upstreams, "{value}");
            }
            assert!(!examples.is_empty(), "{path} {status}");
        }
        assert!(responses["401"]["headers"]["WWW-Authenticate"].is_object());
        for status in ["429", "503"] {
            assert!(responses[status]["headers"]["Retry-After"].is_object(), "{path} {status}");
        }
        for (status, response) in responses.iter().filter(|(status, _)| !["401", "default"].contains(&status.as_str()))
        {
            for name in ["RateLimit", "RateLimit-Policy"] {
                assert!(response["headers"][name].is_object(), "{path} {status} {name}");
            }
        }
    }
    assert!(committed()["paths"]["/users"]["post"]["responses"]["201"]["headers"]["Location"].is_object());
}

#[test]
fn each_operation_documents_every_problem_that_it_can_answer() {
    let of_bodies = [
        ["malformed_request", "request_timeout", "body_too_large", "unsupported_media_type"],
        ["invalid_idempotency_key", "idempotency_in_progress", "idempotency_mismatch", "outcome_unknown"],
    ];
    let everywhere = [
        "unauthenticated",
        "forbidden",
        "invalid_request",
        "rejected_by_centagate",
        "rate_limited",
        "audit_unavailable",
        "internal",
        "centagate_denied",
        "centagate_failed",
        "centagate_unexpected",
        "centagate_unavailable",
        "centagate_timeout",
    ];
    let own: [&[&str]; 3] = [
        &["email_taken", "username_taken", "group_not_found", "user_limit_reached"],
        &["user_not_found"],
        &["user_not_found", "user_not_active", "otp_token_already_registered", "passcode_no_longer_available"],
    ];
    for ((path, method, _), own) in OPERATIONS.into_iter().zip(own) {
        let document = committed();
        let responses = document["paths"][path][method]["responses"].as_object().unwrap();
        let is_documented = |code: &str| {
            let listed = responses.iter().filter(|(status, _)| *status != "default");
            let mut contents =
                listed.map(|(_, response)| response).map(|response| &response["content"]["application/problem+json"]);
            contents.any(|content| content["examples"].get(code).is_some())
        };
        for code in everywhere.iter().chain(own) {
            assert!(is_documented(code), "{path} {code}");
        }
        for code in of_bodies.as_flattened() {
            assert_eq!(is_documented(code), method == "post", "{path} {code}");
        }
    }
}

#[tokio::test]
async fn each_documented_member_is_taken_and_no_other() {
    let gateway = TestGateway::start().await;
    for (path, name) in BODIES {
        let path = path.replace("{id}", "bob");
        for member in properties(name).keys() {
            // 0 is no legal value of any member: the fault is about the value, not about the member.
            let reply = gateway.send(gateway.post(&path, &json!({ member: 0 }))).await;
            let errors = reply.problem("invalid_request")["errors"].clone();
            let fault = errors.as_array().unwrap().iter().find(|fault| fault["pointer"] == format!("/{member}"));
            let detail = fault.unwrap_or_else(|| panic!("{member}: {errors}"))["detail"].clone();
            assert!(!detail.as_str().unwrap().contains("not a member"), "{member}: {detail}");
        }
        let mut missing = gateway.send(gateway.post(&path, &json!({}))).await.faults();
        let mut required: Vec<String> = schema(name)["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| format!("/{}", name.as_str().unwrap()))
            .collect();
        if path == "/users" {
            // Required unless the gateway is configured with a default.
            required.extend(["/group".into(), "/app".into()]);
        }
        missing.sort();
        required.sort();
        assert_eq!(missing, required, "{path}");
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn documented_lengths_and_limits_are_those_that_are_enforced() {
    let gateway = TestGateway::start().await;
    let mut number = 0;
    for (member, schema) in properties("CreateUserRequest") {
        let Some(longest) = schema["maxLength"].as_u64() else { continue };
        let longest = usize::try_from(longest).unwrap();
        for (length, fits) in [(longest, true), (longest + 1, false), (0, false)] {
            let text = match (member.as_str(), length) {
                (_, 0) => String::new(),
                ("email", length) => format!("{}@example.com", "a".repeat(length - "@example.com".len())),
                (_, length) => "é".repeat(length),
            };
            number += 1;
            let reply = gateway.create_user(&with(user(&format!("user-{number}")), &member, text)).await;
            assert_eq!(reply.status != 422 || reply.json()["code"] != "invalid_request", fits, "{member} {length}");
        }
    }
    let most = properties("CreateUserRequest")["additionalData"]["maxItems"].as_u64().unwrap();
    for (count, fits) in [(most, true), (most + 1, false)] {
        let items: Vec<String> = (0..count).map(|item| item.to_string()).collect();
        let reply = gateway.create_user(&with(user("items"), "additionalData", json!(items))).await;
        assert_eq!(reply.status == 201, fits, "{count}: {}", reply.text());
    }
    let item = schema("AdditionalText");
    assert_eq!((&item["minLength"], &item["maxLength"]), (&json!(1), &json!(255)));
    let seconds = properties("RegisterOtpTokenRequest")["validitySeconds"].clone();
    let (least, most) = (seconds["minimum"].as_i64().unwrap(), seconds["maximum"].as_i64().unwrap());
    for (seconds, fits) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
        gateway.simulator.unbind_token("bob");
        let reply = gateway.register_otp_token("bob", &json!({ "status": "valid", "validitySeconds": seconds })).await;
        assert_eq!(reply.status == 201, fits, "{seconds}: {}", reply.text());
    }
}

#[tokio::test]
async fn documented_words_are_those_that_are_taken() {
    let gateway = TestGateway::start().await;
    let words = |name| schema(name)["enum"].as_array().expect(name).clone();
    assert_eq!(words("Role"), [json!("user"), json!("companyAdmin"), json!("groupAdmin")]);
    for (number, role) in words("Role").into_iter().enumerate() {
        let reply = gateway.create_user(&with(user(&format!("role-{number}")), "role", role.clone())).await;
        assert_eq!((reply.status, &reply.json()["role"]), (201, &role));
    }
    assert_eq!(words("OtpTokenStatus").len(), 4);
    for status in words("OtpTokenStatus") {
        gateway.simulator.unbind_token("bob");
        let reply = gateway.register_otp_token("bob", &json!({ "status": status })).await;
        assert_eq!((reply.status, &reply.json()["status"]), (201, &status));
    }
    let outcomes = schema("Problem")["properties"]["outcome"].clone();
    assert!(outcomes["description"].as_str().unwrap().contains("notExecuted"));
}

#[tokio::test]
async fn documented_members_of_replies_are_those_that_are_sent() {
    let gateway = TestGateway::start().await;
    for (reply, name) in [
        (gateway.create_user(&alice()).await, "CreatedUser"),
        (gateway.register_otp_token("bob", &json!({ "status": "valid" })).await, "RegisteredOtpToken"),
        (gateway.get_user("bob").await, "User"),
    ] {
        let sent = reply.json();
        let mut sent: Vec<&String> = sent.as_object().unwrap().keys().collect();
        let documented = properties(name);
        let mut documented: Vec<&String> = documented.keys().collect();
        let schema = schema(name);
        let mut required: Vec<&str> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        sent.sort();
        documented.sort();
        required.sort_unstable();
        assert_eq!(sent, documented, "{name}");
        assert_eq!(sent, required, "{name}: members are always present");
    }
}
