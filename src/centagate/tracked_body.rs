use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A request body that remembers whether the HTTP client took it, and can be taken back before.
///
/// The client takes it once it has a connection and has buffered the request's head, before the first byte goes out. So
/// while it is untaken nothing was sent, whatever error came back; afterwards the request may have arrived. A body that was
/// taken back is never sent: the connection ends instead.
pub(super) struct TrackedBody {
    content: Option<Bytes>,
    state: Arc<AtomicU8>,
}

const UNTAKEN: u8 = 0;
const TAKEN: u8 = 1;
const REVOKED: u8 = 2;

/// The sender's side of a [`TrackedBody`].
pub(super) struct Tracker(Arc<AtomicU8>);

impl Tracker {
    /// Takes the body back; whether it had been taken, so that the request may have been sent.
    pub(super) fn was_taken(&self) -> bool {
        self.0.compare_exchange(UNTAKEN, REVOKED, Ordering::AcqRel, Ordering::Acquire) == Err(TAKEN)
    }
}

impl TrackedBody {
    pub(super) fn new(content: Bytes) -> (Self, Tracker) {
        let state = Arc::new(AtomicU8::new(UNTAKEN));
        (Self { content: Some(content), state: Arc::clone(&state) }, Tracker(state))
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.state.compare_exchange(UNTAKEN, TAKEN, Ordering::AcqRel, Ordering::Acquire) == Err(REVOKED) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        Poll::Ready(self.content.take().map(|content| Ok(Frame::data(content))))
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.content.as_ref().map_or(0, |content| content.len() as u64))
    }
}
