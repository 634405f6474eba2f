//! Black-box tests: the real application in front of a simulated CENTAGATE, met as callers and operators meet it.

mod callers;
mod fault_server;
mod gateway;
mod process;
mod raw;
mod reply;

mod bodies;
mod command_line;
mod configuration_faults;
mod credentials;
mod invalid_tokens;
mod invalid_users;
mod lost_callers;
mod return_codes;
mod routing;
mod shutdown;
mod upstream_failures;
mod upstream_requests;
