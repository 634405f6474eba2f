//! What the `OpenAPI` documents contain for programs that read them: client generators and importers.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::contract_document::{committed, resolved};
use crate::gateway::{Setup, TestGateway};
use crate::reply::PROBLEMS;

/// Calls `look` with each object of the document that has `key`, and with the object's path.
fn each<'a>(value: &'a Value, key: &str, place: &str, look: &mut impl FnMut(&'a Value, &str)) {
    match value {
        Value::Object(members) => {
            if members.contains_key(key) {
                look(value, place);
            }
            for (name, member) in members {
                each(member, key, &format!("{place}/{name}"), look);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| each(item, key, place, look)),
        _ => {}
    }
}

/// Collects the names of all schemas that the schema `name` refers to, including itself.
fn reached(document: &Value, name: &str, found: &mut BTreeSet<String>) {
    if found.insert(name.to_owned()) {
        each(&document["components"]["schemas"][name], "$ref", "", &mut |object, _| {
            reached(document, object["$ref"].as_str().unwrap().rsplit('/').next().unwrap(), found);
        });
    }
}

/// The schemas of all replies.
fn replies(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each(&document["paths"], "responses", "", &mut |operation, _| {
        each(&operation["responses"], "$ref", "", &mut |object, _| {
            reached(document, object["$ref"].as_str().unwrap().rsplit('/').next().unwrap(), &mut found);
        });
    });
    found
}

#[test]
fn patterns_work_in_every_regex_engine() {
    let document = committed();
    let mut patterns = 0;
    each(&document, "pattern", "", &mut |schema, place| {
        patterns += 1;
        let pattern = schema["pattern"].as_str().unwrap();
        // Look-around, \u and \p differ or are missing in Go, Rust, PHP or Python. PHP reads bytes above 7F one by one.
        for unportable in ["(?=", "(?!", "(?<", "\\u", "\\p", "\\P", "\\x8", "\\x9", "\\d", "\\w", "\\s", "\\b"] {
            assert!(!pattern.contains(unportable), "{place}: {pattern}");
        }
        assert!(pattern.is_ascii() && pattern.starts_with('^') && pattern.ends_with('$'), "{place}: {pattern}");
    });
    assert!(patterns > 5, "{patterns}");
    each(&document, "pattern", "", &mut |object, place| {
        let described = object["description"].as_str().is_some_and(|text| text.contains("U+009F"));
        let elsewhere =
            ["/email", "/schema", "/AdditionalText", "/OneTimeCode", "/phoneNumber", "/serialNumber", "/signature"]
                .iter()
                .any(|end| place.ends_with(end));
        assert!(described || elsewhere, "{place} says what the pattern cannot express");
    });
}

#[test]
fn schema_names_collide_in_no_generated_client() {
    let document = committed();
    let names: BTreeSet<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    // Go generators call the constructor of X NewX.
    assert!(names.iter().all(|name| !names.contains(&format!("New{name}")) && !name.starts_with("New")), "{names:?}");
    let lower: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), names.len(), "names differ in more than case");
    // Go generators also create a constant for each word, without the name of its type.
    let mut words = BTreeSet::new();
    each(&document, "enum", "", &mut |schema, place| {
        for word in schema["enum"].as_array().unwrap() {
            assert!(words.insert(word.as_str().unwrap()), "{place}: {word} is a word of two types");
        }
    });
}

#[test]
fn no_default_value_makes_a_member_required_in_a_generated_client() {
    each(&committed()["components"], "default", "", &mut |_, place| panic!("{place} has a default"));
}

#[test]
fn reply_schemas_and_codes_accept_future_values() {
    let document = resolved();
    for name in replies(&document) {
        let schema = &document["components"]["schemas"][&name];
        assert!(schema.get("additionalProperties").is_none(), "{name}");
        // Replies repeat the words that a caller sent. All other words may get new values.
        let is_echo = ["Role", "OtpTokenStatus", "TokenKind"].contains(&name.as_str());
        assert_eq!(schema.get("enum").is_some(), is_echo, "{name}");
        for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
            assert!(schema.get("enum").is_none(), "{name}.{member}");
        }
    }
    let code = &document["components"]["schemas"]["Problem"]["properties"]["code"];
    let documented: BTreeSet<&str> =
        code["x-extensible-enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(documented, PROBLEMS.iter().map(|(code, _)| *code).collect());
    assert!(code["description"].as_str().unwrap().contains("More words may be added"));
}

#[test]
fn secrets_are_marked_as_passwords() {
    let token = committed()["components"]["schemas"]["RegisteredOtpToken"]["properties"].clone();
    for secret in ["passcode", "qr"] {
        assert_eq!(token[secret]["format"], "password", "{secret}");
    }
}

#[test]
fn every_operation_has_a_typed_default_response() {
    each(&resolved()["paths"], "responses", "", &mut |operation, place| {
        let response = &operation["responses"]["default"];
        let content = &response["content"]["application/problem+json"];
        assert_eq!(content["schema"], json!({ "$ref": "#/components/schemas/Problem" }), "{place}");
        assert!(response["headers"]["X-Request-Id"].is_object(), "{place}");
    });
}

#[test]
fn media_types_parameters_and_headers_have_examples() {
    let document = resolved();
    each(&document["paths"], "content", "", &mut |holder, place| {
        for (media_type, content) in holder["content"].as_object().unwrap() {
            let is_open = place.ends_with("/default");
            assert!(is_open || content.get("example").or(content.get("examples")).is_some(), "{place} {media_type}");
        }
    });
    each(&document["paths"], "headers", "", &mut |response, place| {
        for (name, header) in response["headers"].as_object().unwrap() {
            assert!(header["example"].is_string(), "{place} {name}");
        }
    });
    each(&document["paths"], "in", "", &mut |parameter, place| {
        // Programs that copy examples would send the same key with every request.
        let has_example = parameter["name"] != "Idempotency-Key";
        assert_eq!(parameter.get("example").is_some(), has_example, "{place} {}", parameter["name"]);
    });
}

#[tokio::test]
async fn the_link_to_the_problems_is_absolute() {
    for (public_url, link) in [
        (None, "(/problems)"),
        (Some("https://api.example.com"), "(https://api.example.com/problems)"),
        (Some("https://api.example.com/a/centagate/"), "(https://api.example.com/a/centagate/problems)"),
    ] {
        let setup = public_url.into_iter().fold(Setup::new(), |setup, url| setup.set("server.public_url", url));
        let gateway = setup.start().await;
        let base = if link.contains("/a/") { "/a/centagate" } else { "" };
        let document = gateway.get(&format!("{base}/openapi.json")).await.json();
        let description = document["info"]["description"].as_str().unwrap();
        assert!(description.contains(link), "{description}");
    }
}

#[tokio::test]
async fn the_3_0_document_equals_the_3_1_document_without_features_of_3_1() {
    let gateway = TestGateway::start().await;
    let reply = gateway.get("/openapi-3.0.json").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/json")));
    let head = gateway.send(gateway.request(Method::HEAD, "/openapi-3.0.json")).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    let (older, newer) = (reply.json(), committed());
    assert_eq!(older["openapi"], "3.0.3");
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&older["paths"]), keys(&newer["paths"]));
    assert_eq!(keys(&older["components"]["schemas"]), keys(&newer["components"]["schemas"]));
    each(&older["components"], "type", "", &mut |schema, place| {
        assert!(!schema["type"].is_array() && schema["type"] != "null", "{place}");
    });
    for newer in ["const", "identifier", "exclusiveMinimum", "contentEncoding"] {
        each(&older, newer, "", &mut |_, place| panic!("{place} has {newer}"));
    }
    each(&older, "examples", "", &mut |object, place| assert!(!object["examples"].is_array(), "{place}"));
    each(&older, "$ref", "", &mut |object, place| assert_eq!(object.as_object().unwrap().len(), 1, "{place}"));
    let role = &older["components"]["schemas"]["CreateUserRequest"]["properties"]["role"];
    assert_eq!((&role["nullable"], role["allOf"].as_array().map(Vec::len)), (&json!(true), Some(1)), "{role}");
}
