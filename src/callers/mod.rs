//! Callers: who can use the gateway, with which credentials and rights.

mod block;
mod caller;
pub(crate) mod configuration;
mod file;
#[cfg(test)]
mod file_tests;
pub(crate) mod jwt;
mod names;
mod registry;
mod scope;

pub use self::caller::{Caller, Lack};
pub use self::configuration::{CallerSettings, JwksSource, JwksUrl, JwtSettings, ScopeClaim};
pub use self::registry::Callers;
pub use self::scope::Scope;
