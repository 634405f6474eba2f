use std::future::Future;

use super::NotSent;

/// Is told before the first byte of a call may go out, and may stop it.
///
/// A call waits for its turn and the session first, which may take long: whoever must know what has been sent wants to know
/// of this moment and not an earlier one.
pub trait BeforeSending: Sync {
    /// Once for each time the call is sent: again where a session had ended.
    ///
    /// # Errors
    /// If the call must not be sent.
    fn about_to_send(&self) -> impl Future<Output = Result<(), NotSent>> + Send;
}

/// Nobody who wants to know.
#[derive(Clone, Copy, Debug)]
pub struct Unheeded;

impl BeforeSending for Unheeded {
    async fn about_to_send(&self) -> Result<(), NotSent> {
        Ok(())
    }
}
