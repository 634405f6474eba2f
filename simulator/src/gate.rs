//! A gate that requests wait at until a test opens it.

use tokio::sync::watch;

/// Holds requests ([`Behaviour::Hold`](crate::Behaviour::Hold)). Clones are the same gate.
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

    /// Lets all through, those who wait and those who come.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// Resolves when a request has arrived at the gate; at once if one has already.
    pub async fn entered(&self) {
        self.entered_by(1).await;
    }

    /// Resolves when so many requests have arrived at the gate.
    pub async fn entered_by(&self, requests: usize) {
        // The error would mean that no sender is left; `self` holds one.
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
