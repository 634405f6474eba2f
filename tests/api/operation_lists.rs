//! Documents that list operations list all of them and agree with the product.

use std::collections::HashSet;

use crate::operations::{Operation, operation, operations};

const API: &str = include_str!("../../docs/api.md");
const README: &str = include_str!("../../README.md");
const OPERATIONS: &str = include_str!("../../docs/operations.md");

/// The rows of the table in `docs/api.md`, cell by cell, without backticks.
fn rows() -> Vec<Vec<String>> {
    let lines = API.lines().filter(|line| line.starts_with("| `"));
    lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect()).collect()
}

/// Whether a retry is safe, according to `settle`.
fn retry(operation: &Operation) -> &'static str {
    match operation.settle {
        _ if operation.honours_key => "with a key",
        settle if settle.starts_with("Send it again") || settle.starts_with("Send the same body again") => "yes",
        _ => "no",
    }
}

/// The problems in `settle` that mean that the first request was executed.
fn problems(settle: &str) -> impl Iterator<Item = &str> {
    settle
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase()))
}

#[test]
fn the_table_lists_every_operation() {
    let mut listed: Vec<String> = rows().into_iter().map(|row| row[0].clone()).collect();
    let mut ids: Vec<&str> = operations().iter().map(|operation| operation.id).collect();
    listed.sort_unstable();
    ids.sort_unstable();
    assert_eq!(listed, ids);
}

#[test]
fn the_table_agrees_with_the_product() {
    for row in rows() {
        let operation = operation(&row[0]);
        let Operation { method, path, summary, scope, success, settle, .. } = operation;
        let expected = [format!("{method} {path}"), (*summary).to_owned(), (*scope).to_owned(), success.to_string()];
        assert_eq!(row[1..5], expected, "{}", operation.id);
        let (word, advice) = row[5].split_once([':', ';', ',']).unwrap_or((&row[5], ""));
        assert_eq!(word, retry(operation), "{}: {settle}", operation.id);
        for problem in problems(settle) {
            assert!(advice.contains(problem), "{}: {problem}", operation.id);
        }
    }
}

#[test]
fn the_readme_lists_every_operation() {
    let starts: Vec<Vec<&str>> = README.lines().map(|line| words(line).take(2).collect()).collect();
    for Operation { method, path, .. } in operations() {
        assert!(starts.iter().any(|start| start == &[*method, *path]), "{method} {path}");
    }
}

/// The words of a line of text or of a table.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '`', '|']).filter(|word| !word.is_empty())
}

#[test]
fn the_operators_document_settles_every_operation_that_changes_something() {
    let (_, section) = OPERATIONS.split_once("\n## An unknown outcome\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("the end of the chapter");
    for Operation { id, .. } in operations().iter().filter(|operation| operation.method != "GET") {
        assert!(section.contains(&format!("`{id}`")), "{id}");
    }
}

#[test]
fn the_requests_for_help_desks_exist() {
    let (_, section) = OPERATIONS.split_once("\n## For help desks\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("the end of the chapter");
    let code = section.split('`').skip(1).step_by(2).filter_map(|code| code.split_once(" /users"));
    let requests: HashSet<_> = code.map(|(method, rest)| (method, format!("/users{rest}"))).collect();
    for (method, path) in &requests {
        let path = path.replace("/tokens/mobile", "/tokens/{kind}").replace("/tokens/sms", "/tokens/{kind}");
        assert!(operations().iter().any(|it| it.method == *method && it.path == path), "{method} {path}");
    }
    assert!(requests.len() >= 10, "{requests:?}");
}
