//! What subcommands print, and their exit statuses.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _, stderr, stdout};
use std::process::ExitCode;
use std::time::Duration;

use crate::settings::SettingsFault;
use crate::telemetry::write_within;

/// The exit status for a failure.
pub(super) const FAILURE: u8 = 1;

/// The exit status for wrong arguments, as clap uses it.
pub(super) const USAGE: u8 = 2;

/// The exit status for a fault in the configuration (`EX_CONFIG` in sysexits.h).
pub(super) const CONFIGURATION: u8 = 78;

/// Prints text on standard output.
pub(super) fn print(text: &str) -> ExitCode {
    match writeln!(stdout(), "{}", text.trim_end()).and_then(|()| stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => fail(FAILURE, &format_args!("standard output: {error}")),
        _ => ExitCode::SUCCESS, // a reader that closes the pipe early is no failure
    }
}

/// Prints a line on standard error, and returns the exit status.
pub(super) fn fail(status: u8, fault: &dyn Display) -> ExitCode {
    // Standard error can be a pipe that nobody reads. That must not keep the process from ending.
    write_within(Duration::from_secs(1), stderr(), &format!("centagate-gateway: {fault}\n"));
    ExitCode::from(status)
}

/// Prints one line per fault.
pub(super) fn fail_configuration(fault: &SettingsFault) -> ExitCode {
    for line in fault.lines() {
        fail(CONFIGURATION, line);
    }
    ExitCode::from(CONFIGURATION)
}
