//! The admin session: its credentials, login, renewal and logout.

mod credentials;
mod keeper;
#[cfg(test)]
mod keeper_tests;
mod live_session;
mod login;
mod login_log;
mod logouts;
#[cfg(test)]
mod logouts_tests;
mod refusal;
mod renewal;
mod sessions;

pub use credentials::{Credentials, LoginCredentials};
pub use keeper::SessionKeeper;
pub(super) use keeper::{KeeperOptions, jitter, keep};
pub use live_session::Session;
pub(super) use login::HttpAuthenticator;
pub use refusal::LoginRefusal;
pub(super) use sessions::Sessions;
pub use sessions::{SessionEvents, SessionStatus};
