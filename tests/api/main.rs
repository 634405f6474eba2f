//! Black-box tests: the real application in front of a simulated CENTAGATE, met as callers and operators meet it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod audit_file;
mod caller;
mod callers;
mod certificates;
mod fault_server;
mod gateway;
mod identity_provider;
mod load;
mod login_bench;
mod process;
mod raw;
mod reply;
mod secrets_directory;
mod turnout;

mod admin_session;
mod audit_at_once;
mod audit_faults;
mod audit_lines;
mod bodies;
mod broken_files;
mod command_line;
mod configuration_faults;
mod contract_document;
mod credentials;
mod house;
mod http_edges;
mod identity_keys;
mod invalid_tokens;
mod invalid_users;
mod jwt;
mod jwt_faults;
mod lockout;
mod log_lines;
mod login;
mod login_failures;
mod login_refusals;
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
mod rotation;
mod routing;
mod secrecy;
mod shutdown;
mod upstream_failures;
mod upstream_requests;
mod upstream_tls;
