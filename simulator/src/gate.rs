//! A gate that holds requests until a test opens it.

use tokio::sync::watch;

/// Holds requests ([`Behaviour::Hold`](crate::Behaviour::Hold)). All clones are the same gate.
#[derive(Clone, Debug)]
pub struct Gate {
    open: watch::Sender<bool>,
    entered: watch::Sender<usize>,
}

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self { open: watch::Sender::new(false), entered: watch::Sender::new(0) }
    }

    /// Lets all waiting and all later requests pass.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Waits until at least one request has arrived at the gate.
    pub async fn entered(&self) {
        self.entered_by(1).await;
    }

    /// Waits until this many requests have arrived at the gate.
    pub async fn entered_by(&self, requests: usize) {
        // An error would mean that no sender is left, but `self` holds one.
        let _ = self.entered.subscribe().wait_for(|count| *count >= requests).await;
    }

    pub(crate) async fn pass(&self) {
        self.entered.send_modify(|count| *count += 1);
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
