//! Holds the unread body of a chunked request until the reply has been sent.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::Bytes;
use actix_web::{HttpMessage as _, HttpResponse};
use futures_util::Stream;

/// The body of a chunked request, shared by its reader and the reply.
///
/// If a chunked body is dropped, actix-http reads it to its end before it reuses the connection, without a limit in size or
/// time. If the body is still held when the reply is sent, actix-http closes the connection instead.
#[derive(Clone)]
pub(in crate::api) struct SharedBody(Rc<RefCell<Payload>>);

impl SharedBody {
    /// Replaces the body of `request` by a shared one, if it is chunked.
    pub(in crate::api) fn share(request: &mut ServiceRequest) -> Option<Self> {
        request.headers().contains_key(TRANSFER_ENCODING).then(|| {
            let shared = Self(Rc::new(RefCell::new(request.take_payload())));
            request.set_payload(Payload::Stream { payload: Box::pin(shared.clone()) });
            shared
        })
    }

    /// Holds `request_body`, if there is one, until `reply` has been sent.
    pub(in crate::api) fn hold_until_sent(request_body: Option<Self>, reply: HttpResponse) -> HttpResponse {
        match request_body {
            Some(request_body) => reply.map_body(|_, body| BoxBody::new(Holding { body, _request_body: request_body })),
            None => reply,
        }
    }
}

impl Stream for SharedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

struct Holding {
    body: BoxBody,
    _request_body: SharedBody,
}

impl MessageBody for Holding {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
