//! The table of problems is consistent and documented.

use std::collections::HashSet;

use super::table::Problem;

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
    let document = include_str!("../../../docs/errors.md");
    for problem in Problem::ALL {
        let entry = problem.entry();
        let stands = |line: &str| line.contains(&format!("`{}`", entry.code)) && line.contains(entry.status.as_str());
        assert!(document.lines().any(stands), "{} is missing in docs/errors.md", entry.code);
    }
}
