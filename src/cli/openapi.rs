//! `openapi`: prints the OpenAPI document.

use std::process::ExitCode;

use super::output::print;
use crate::openapi;

/// Prints the document without a server URL, which depends on the configuration.
pub(super) fn run() -> ExitCode {
    print(&openapi::to_json(&openapi::document(None)))
}
