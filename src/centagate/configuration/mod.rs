//! The sections `centagate` and `session` of the configuration.

mod credentials;
mod section;
mod trust;

pub use section::{AdminSettings, CentagateSettings, SessionSettings};
pub(crate) use section::{connect_timeout, request_timeout};
pub use trust::TrustSettings;
