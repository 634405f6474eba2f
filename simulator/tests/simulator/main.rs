//! The simulator as its clients see it, over real connections.
#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

mod authentication_list;
mod bench;
mod binary;
mod client;
mod control;
mod instructions;
mod leniency;
mod lifetime;
mod login;
mod logout;
mod one_time_pin;
mod record;
mod registration;
mod session;
mod signing;
mod tls;
