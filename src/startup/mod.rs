//! Wiring: builds the application from its settings, runs it and shuts it down.

mod application;
mod build_error;
mod run;
mod shutdown;

pub use application::Application;
pub use build_error::BuildError;
