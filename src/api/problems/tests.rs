//! The table of problems is consistent and documented.

use std::collections::HashSet;

use super::error::ApiError;
use super::table::Problem;
use super::upstream::of_meaning;
use crate::centagate::{Meaning, ReturnCode};
use crate::domain::Outcome;
use crate::operations::TABLE;

const DOCUMENT: &str = include_str!("../../../docs/errors.md");

/// The rows of a section of the document, cell by cell, without backticks. An empty first cell repeats the one above.
fn rows(section: &str) -> Vec<Vec<String>> {
    let (_, section) = DOCUMENT.split_once(&format!("\n## {section}\n")).expect(section);
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in section.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells = line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', ""));
        let mut row: Vec<String> = cells.collect();
        if row[0].is_empty() {
            row[0].clone_from(&rows.last().expect("a row above")[0]);
        }
        rows.push(row);
    }
    rows
}

/// Whether `cell` names the return code `code`.
fn names(cell: &str, code: i64) -> bool {
    cell.split(|character: char| !character.is_ascii_digit()).any(|number| number == code.to_string())
}

#[test]
fn codes_and_titles_are_unique_and_every_status_is_an_error() {
    let codes: HashSet<_> = Problem::ALL.iter().map(|problem| problem.entry().code).collect();
    let titles: HashSet<_> = Problem::ALL.iter().map(|problem| problem.entry().title).collect();
    assert_eq!((codes.len(), titles.len()), (Problem::ALL.len(), Problem::ALL.len()));
    for problem in Problem::ALL {
        let status = problem.entry().status;
        assert!(status.is_client_error() || status.is_server_error());
    }
}

#[test]
fn the_documentation_lists_every_problem() {
    for problem in Problem::ALL {
        let entry = problem.entry();
        let stands = |line: &str| line.contains(&format!("`{}`", entry.code)) && line.contains(entry.status.as_str());
        assert!(DOCUMENT.lines().any(stands), "{} is missing in docs/errors.md", entry.code);
    }
}

#[test]
fn the_documentation_says_what_every_return_code_becomes() {
    let rows = rows("From CENTAGATE");
    for &(code, meaning) in ReturnCode::COMMON {
        if meaning == Meaning::TargetIsAdmin {
            continue; // a problem of the gateway itself
        }
        let (problem, outcome) = of_meaning(meaning);
        let key = match outcome {
            _ if problem.is_replayed() => "replay",
            Outcome::Unknown => "unknown",
            _ => "release",
        };
        let documented = rows.iter().find(|row| row[0] == problem.entry().code && names(&row[2], code));
        let documented = documented.unwrap_or_else(|| panic!("{code} is missing"));
        assert_eq!(documented[3..5], [outcome.as_str(), key], "{code}");
    }
}

#[test]
fn the_documentation_lists_the_codes_that_depend_on_the_call() {
    let (by_problem, by_call) = (rows("From CENTAGATE"), rows("Codes that depend on the call"));
    for operation in TABLE {
        for &(code, meaning) in operation.call.codes {
            let listed = by_call.iter().any(|row| names(&row[0], code));
            if !listed && ReturnCode::new(code).common_meaning() == meaning {
                continue;
            }
            let (id, problem) = (operation.spec.id, of_meaning(meaning).0.entry().code);
            let of_code = || by_call.iter().filter(|row| names(&row[0], code));
            let own = of_code().find(|row| row[1].split(", ").any(|name| name == id));
            let row = own.or_else(|| of_code().find(|row| row[1] == "every other operation"));
            assert_eq!(row.map(|row| row[2].as_str()), Some(problem), "{code} in {id}");
            let depends = |row: &Vec<String>| {
                row[0] == problem && row[2].split_once("depends on the call: ").is_some_and(|(_, it)| names(it, code))
            };
            assert!(by_problem.iter().any(depends), "{code} of {problem} is not marked");
        }
    }
}

#[test]
fn the_documentation_gives_the_outcome_of_the_gateways_own_problems() {
    let rows = rows("From the gateway");
    for row in &rows {
        let problem = Problem::ALL.iter().find(|problem| problem.entry().code == row[0]).expect("a problem");
        let documented = row[2].split(';').next().unwrap_or_default();
        let outcome = match problem {
            Problem::Internal => ApiError::internal_after_sending("").outcome,
            problem => ApiError::from(*problem).outcome,
        };
        assert_eq!(outcome.map_or("–", Outcome::as_str), documented, "{}", row[0]);
    }
    assert!(rows.len() > 15, "{}", rows.len());
}
