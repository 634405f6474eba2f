//! Black-box tests: the real application in front of a simulated CENTAGATE, met as callers and operators meet it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit_file;
mod callers;
mod fault_server;
mod gateway;
mod process;
mod raw;
mod reply;

mod audit_at_once;
mod audit_faults;
mod audit_lines;
mod bodies;
mod command_line;
mod configuration_faults;
mod contract_document;
mod credentials;
mod get_user;
mod get_user_faults;
mod http_edges;
mod invalid_tokens;
mod invalid_users;
mod log_lines;
mod lost_callers;
mod management;
mod many_at_once;
mod narrowing;
mod planted_secrets;
mod problem_pages;
mod rate_limits;
mod redaction;
mod replies;
mod return_codes;
mod routing;
mod shutdown;
mod upstream_failures;
mod upstream_requests;
