use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use super::{Metrics, add};

/// Requests that were refused because their caller had used up its share.
#[derive(Debug)]
pub(super) struct Shares {
    exceeded: Family<ShareLabels, Counter>,
}

/// What a caller has at most a share of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// The places for requests that wait for their turn.
    WaitingRequests,
    /// The memory for `Idempotency-Key`s: their number, or their bytes.
    IdempotencyKeys,
}

impl Share {
    fn as_str(self) -> &'static str {
        match self {
            Self::WaitingRequests => "waiting_requests",
            Self::IdempotencyKeys => "idempotency_keys",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ShareLabels {
    share: &'static str,
}

impl Shares {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let exceeded: Family<ShareLabels, Counter> = add(
            registry,
            "caller_share_exceeded",
            "Requests refused because their caller had used up its share of the places to wait or of the idempotency keys",
            Family::default(),
        );
        for share in [Share::WaitingRequests, Share::IdempotencyKeys].map(Share::as_str) {
            drop(exceeded.get_or_create(&ShareLabels { share }));
        }
        Self { exceeded }
    }
}

impl Metrics {
    /// Counts a request that was refused because its caller had used up its share.
    pub fn share_exceeded(&self, share: Share) {
        self.shares.exceeded.get_or_create(&ShareLabels { share: share.as_str() }).inc();
    }
}
