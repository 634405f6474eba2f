//! The contract groups operations by tags. Groups and operations follow a user's life cycle.

use crate::contract_document::{committed, entry_of};
use crate::operations::{Operation, operation, operations};

/// The operations in the order of the document. Parsed JSON would lose this order.
fn documented() -> Vec<&'static Operation> {
    let text = include_str!("../../openapi/openapi.json");
    let ids = text.lines().filter_map(|line| line.trim().strip_prefix("\"operationId\": \"")?.strip_suffix("\","));
    ids.map(operation).collect()
}

#[test]
fn the_tags_are_described_and_in_the_order_of_a_users_life() {
    let document = committed();
    let tags = document["tags"].as_array().unwrap();
    let names: Vec<&str> = tags.iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Users", "OTP tokens", "Tokens"]);
    for tag in tags {
        assert!(tag["description"].as_str().is_some_and(|description| !description.is_empty()), "{tag}");
    }
    let mut used: Vec<String> = Vec::new();
    for operation in documented() {
        let tags = entry_of(operation)["tags"].clone();
        assert_eq!(tags.as_array().unwrap().len(), 1, "{}: {tags}", operation.id);
        used.push(tags[0].as_str().unwrap().to_owned());
    }
    used.dedup();
    assert_eq!(used, names, "the operations of a tag are adjacent");
}

#[test]
fn the_operations_are_in_the_order_of_the_table_by_path() {
    let mut paths = Vec::new();
    for operation in operations() {
        if !paths.contains(&operation.path) {
            paths.push(operation.path);
        }
    }
    let documented = documented();
    let mut documented_paths: Vec<&str> = documented.iter().map(|operation| operation.path).collect();
    documented_paths.dedup();
    assert_eq!(documented_paths, paths);
    assert_eq!(documented.len(), operations().len());
    let place = |id| documented.iter().position(|operation| operation.id == id).unwrap();
    for [first, second] in
        [["createUser", "updateUser"], ["updateUser", "registerSmsToken"], ["registerSmsToken", "unregisterToken"]]
    {
        assert!(place(first) < place(second), "{first} comes before {second}");
    }
}
