//! Tests of the simulator over real connections, as its clients see it.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod approvals;
mod bench;
mod binary;
mod client;
mod control;
mod control_help;
mod create_user;
mod documented_codes;
mod get_user;
mod instructions;
mod leniency;
mod lifetime;
mod lock;
mod log_in;
mod log_out;
mod open_answers;
mod otp_tokens;
mod record;
mod register_otp_token;
mod return_codes;
mod session;
mod signing;
mod table;
mod tls;
mod token_kinds;
mod users;
