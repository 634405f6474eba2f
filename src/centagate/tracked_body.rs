use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A request body that remembers whether the HTTP client took it.
///
/// The client takes it once it has a connection and has buffered the request's head, before the first byte goes out. So
/// while it is untaken nothing was sent, whatever error came back; afterwards the request may have arrived.
pub(super) struct TrackedBody {
    content: Option<Bytes>,
    taken: Taken,
}

/// Whether a [`TrackedBody`] was taken.
#[derive(Clone, Default)]
pub(super) struct Taken(Arc<AtomicBool>);

impl Taken {
    pub(super) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl TrackedBody {
    pub(super) fn new(content: Bytes) -> (Self, Taken) {
        let taken = Taken::default();
        (Self { content: Some(content), taken: taken.clone() }, taken)
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.0.store(true, Ordering::Release);
        Poll::Ready(self.content.take().map(|content| Ok(Frame::data(content))))
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.content.as_ref().map_or(0, |content| content.len() as u64))
    }
}
