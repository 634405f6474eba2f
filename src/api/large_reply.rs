//! A large reply body, sent in pieces.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;

/// The size of a piece, in bytes.
const PIECE: usize = 8 * 1024;

/// A large body that is sent in pieces. As a whole, it would be copied for every slow reader. It does not implement
/// `try_into_bytes`, which would join the pieces.
pub(super) struct LargeReply(pub(super) Bytes);

impl MessageBody for LargeReply {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.0.len() as u64)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.0.len().min(PIECE);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}
