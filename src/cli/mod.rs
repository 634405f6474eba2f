//! The command line.

mod check_config;
mod healthcheck;
mod new_caller_key;
mod openapi;
mod output;
mod runtime;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::new_caller_key::NewCallerKey;
use crate::domain::VERSION;

#[derive(Parser)]
#[command(name = "centagate-gateway", version = VERSION.as_str(), about = "A REST gateway in front of CENTAGATE's CentagateWS")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the gateway until SIGTERM or Ctrl-C (default)
    Serve,
    /// Check the configuration, and print each effective value and its source
    CheckConfig,
    /// Print the OpenAPI document
    Openapi,
    /// Create a caller key: prints the key on standard error and its block for the callers file on standard output
    NewCallerKey(NewCallerKey),
    /// Check that the running gateway is alive, for containers without a shell
    Healthcheck,
}

/// Runs the program.
///
/// Exit status: 0 for success, 1 for a failure, 2 for wrong usage, 78 for a fault in the configuration.
pub fn run() -> ExitCode {
    match Arguments::parse().command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(),
        Command::CheckConfig => check_config::run(),
        Command::Openapi => openapi::run(),
        Command::NewCallerKey(arguments) => arguments.run(),
        Command::Healthcheck => healthcheck::run(),
    }
}
