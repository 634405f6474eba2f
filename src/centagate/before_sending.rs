//! A hook that runs immediately before the first byte of a call is sent.

use std::future::Future;
use std::pin::Pin;

use super::error::NotSent;

/// The result of [`BeforeSending::about_to_send`].
pub type MaySend<'a> = Pin<Box<dyn Future<Output = Result<(), NotSent>> + Send + 'a>>;

/// Runs immediately before a call is sent, and can prevent that. A call first waits for a permit and a session, so it
/// may be sent much later than it was started.
pub trait BeforeSending: Sync {
    /// Runs before each attempt to send the call: twice if the session had ended.
    ///
    /// # Errors
    /// If the call must not be sent.
    fn about_to_send(&self) -> MaySend<'_>;
}
