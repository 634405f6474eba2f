//! Checks of every call in the table: names, documentation, routes, return codes.

use std::collections::HashSet;
use std::fs;

use centagate_simulator::{Behaviour, Instruction, Operation, ReturnCode};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::client::send;

/// Each path of each call, with `admin` as the name.
fn requests() -> Vec<(Operation, String)> {
    let mut requests = Vec::new();
    for operation in Operation::ALL {
        for (path, _) in operation.call().paths {
            let path = path.split_once('{').map_or_else(|| (*path).to_owned(), |(start, _)| format!("{start}admin"));
            requests.push((*operation, path));
        }
    }
    requests
}

/// The smallest body that selects this call among those with the same path.
fn body(operation: Operation) -> Value {
    operation.call().selector().map_or_else(|| json!({}), |(name, value)| json!({name: value}))
}

fn name(operation: Operation) -> String {
    json!(operation).as_str().unwrap().to_owned()
}

#[test]
fn names_are_operation_ids_and_requests_are_distinct() {
    let names: Vec<_> = Operation::ALL.iter().map(|operation| name(*operation)).collect();
    assert_eq!(names[..5], ["createUser", "registerOtpToken", "getUser", "logIn", "logOut"]);
    let requests: Vec<_> =
        requests().into_iter().map(|(operation, path)| (path, body(operation).to_string())).collect();
    assert_eq!(requests.iter().collect::<HashSet<_>>().len(), requests.len(), "{requests:?}");
}

#[test]
fn each_file_is_named_after_its_call_and_documents_it_in_its_first_line() {
    for operation in Operation::ALL {
        let snake_case = name(*operation).chars().fold(String::new(), |file, letter| {
            if letter.is_uppercase() { format!("{file}_{}", letter.to_lowercase()) } else { format!("{file}{letter}") }
        });
        let file = format!("{}/src/calls/{snake_case}.rs", env!("CARGO_MANIFEST_DIR"));
        let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let first_line = source.lines().next().unwrap();
        for (path, _) in operation.call().paths {
            assert!(first_line.starts_with(&format!("//! `{} ", operation.call().method)), "{file}: {first_line}");
            assert!(first_line.contains(path), "{file}: {first_line}");
            let row = format!("| `\"{}\"` | `{} {path}` |", name(*operation), operation.call().method);
            assert!(Operation::table().contains(&row), "{row}");
        }
    }
}

#[tokio::test]
async fn every_code_of_every_call_can_be_produced_by_an_instruction() {
    let bench = Bench::start().await;
    for (operation, path) in requests() {
        for ReturnCode { code, message } in operation.call().codes.iter().copied() {
            assert!(ReturnCode::find(code).is_some(), "{code}");
            let behaviour = Behaviour::Code { code: code.into(), message: message.to_owned() };
            bench.simulator.instruct(Instruction::once(operation, behaviour));
            let body = body(operation).to_string();
            let answer = send(bench.simulator.address(), operation.call().method, &path, &[], body.as_bytes()).await;
            assert_eq!(answer.json(), json!({"code": code, "message": message, "object": ""}), "{path}");
            let request = bench.simulator.requests().pop().unwrap();
            assert_eq!((request.operation, request.code.as_deref()), (Some(operation), Some(code)));
        }
    }
    assert_eq!(bench.simulator.executions(), 0);
}

#[tokio::test]
async fn every_call_refuses_another_method_a_longer_path_and_a_body_that_is_not_an_object() {
    let bench = Bench::start().await;
    let address = bench.simulator.address();
    for (operation, path) in requests() {
        let answer = send(address, "DELETE", &path, &[], b"{}").await;
        assert_eq!((answer.status, answer.header("Allow")), (405, Some(operation.call().method)), "{path}");
        let answer = send(address, operation.call().method, &format!("{path}/more"), &[], b"{}").await;
        assert_eq!(answer.status, 404, "{path}");
        for body in ["", "[]", "{}"] {
            let answer = send(address, operation.call().method, &path, &[], body.as_bytes()).await;
            assert_eq!(answer.code(), Value::from("10002"), "{path} {body}");
        }
    }
}
