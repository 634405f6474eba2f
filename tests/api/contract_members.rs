//! The members, lengths and words of requests and replies agree with the `OpenAPI` document.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::contract_document::{entry_of, properties, schema, schema_name};
use crate::gateway::{Setup, TestGateway, user, with};
use crate::operations::{Operation, let_calls_succeed, operations, operations_with_body};
use crate::raw;

#[tokio::test]
async fn every_documented_member_is_accepted_and_required_members_are_required() {
    // Required unless the configuration has a default.
    let required_here =
        |operation: &Operation| if operation.id == "createUser" { &["/group", "/app"][..] } else { &[] };
    let gateway = Setup::new().without_rate_limit().start().await;
    for operation in operations_with_body() {
        let content = &entry_of(operation)["requestBody"]["content"]["application/json"];
        let name = schema_name(&content["schema"]);
        let send = async |body: &Value| {
            let path = operation.path_of("bob");
            let request = operation.raw_request_to(&path, &raw::usual_headers(), &body.to_string());
            raw::exchange(gateway.address, &request).await
        };
        for member in properties(&name).keys() {
            // No member accepts an object without members, so the fault concerns the value and not the name.
            let reply = send(&json!({ member: {} })).await;
            let errors = reply.problem("invalid_request")["errors"].clone();
            let mut faults = errors.as_array().unwrap().iter();
            let fault = faults.find(|fault| fault["pointer"] == format!("/{member}"));
            let detail = fault.unwrap_or_else(|| panic!("{member}: {errors}"))["detail"].clone();
            assert!(!detail.as_str().unwrap().contains("not a member"), "{member}: {detail}");
        }
        let unknown = send(&with(operation.body_of("bob").unwrap(), "unknownMember", 1)).await;
        assert_eq!(unknown.faults(), ["/unknownMember"], "{}", operation.id);
        let schema = schema(&name);
        let required = schema["required"].as_array().into_iter().flatten();
        let mut required: Vec<String> = required.map(|name| format!("/{}", name.as_str().unwrap())).collect();
        required.extend(required_here(operation).iter().map(|name| (*name).to_owned()));
        required.sort();
        if !required.is_empty() {
            assert_eq!(send(&json!({})).await.faults(), required, "{}", operation.id);
        }
    }
    assert!(gateway.simulator.requests().is_empty());
}

#[tokio::test]
async fn every_reply_has_exactly_the_documented_members() {
    let gateway = TestGateway::start().await;
    let_calls_succeed(&gateway.simulator);
    for operation in operations() {
        let reply = gateway.send_example(operation, "bob").await;
        let content = &entry_of(operation)["responses"][operation.success.to_string()]["content"]["application/json"];
        if content.is_null() {
            assert!(reply.body.is_empty(), "{}: {}", operation.id, reply.text());
            continue;
        }
        let name = schema_name(&content["schema"]);
        let reply = reply.json();
        let sent: BTreeSet<&String> = reply.as_object().unwrap().keys().collect();
        let (documented, schema) = (properties(&name), schema(&name));
        assert_eq!(sent, documented.keys().collect(), "{name}");
        let required: BTreeSet<&str> =
            schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(sent.len(), required.len(), "{name}: every member is always present");
    }
}

#[tokio::test]
async fn documented_lengths_and_limits_are_enforced() {
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
async fn every_documented_word_is_accepted() {
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
}
