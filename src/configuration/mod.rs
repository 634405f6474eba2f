//! Collects the raw configuration: the value of each key, from files, environment variables and secret files.
//!
//! This module knows the names of the keys, but not what they mean. Each module of the gateway reads its own keys from
//! [`Values`] into typed settings, in a file called `configuration.rs`. `settings` combines these.

mod built_in;
mod description;
mod fault;
pub(crate) mod file;
mod keys;
mod layers;
mod permissions;
mod public_url;
mod secret_files;
mod sources;
mod toml_text;
mod urls;
mod values;

pub(crate) use description::describe;
pub use fault::SettingsFault;
pub(crate) use fault::{Faults, gather};
pub(crate) use keys::{KEYS, variable};
pub(crate) use permissions::writable_by_others;
pub use public_url::PublicUrl;
pub use sources::Sources;
pub(crate) use toml_text::parse_toml;
pub(crate) use urls::{is_loopback, plain_url};
pub(crate) use values::Values;
