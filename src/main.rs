//! The `centagate-gateway` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    centagate_gateway::command::run()
}
