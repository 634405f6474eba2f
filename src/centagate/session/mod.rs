//! The admin session: its credentials, login, renewal and logout.

mod credentials;
mod endings;
#[cfg(test)]
mod endings_tests;
mod keeper;
#[cfg(test)]
mod keeper_tests;
mod login;
mod refusal;
mod renewal;
mod session;
mod sessions;

pub use credentials::{Credentials, LoginCredentials};
pub use keeper::SessionKeeper;
pub(super) use keeper::{KeeperOptions, jitter, keep};
pub(super) use login::HttpAuthenticator;
pub use refusal::LoginRefusal;
pub use session::Session;
pub(super) use sessions::Sessions;
pub use sessions::{SessionEvents, SessionStatus};
