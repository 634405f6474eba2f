//! The body of a request: media type, size, time and JSON.

use std::future::poll_fn;
use std::pin::pin;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::Stream;
use tokio::time::{Instant, timeout_at};

use super::json::{self, Json};
use super::media_type;
use super::members::Object;
use crate::listener::Connection;

/// Whether a request has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The gateway does not read a body.
    Ignored,
    /// A body is a fault.
    Forbidden,
    /// The body may be missing.
    Optional,
    /// The body is required. It has at most `server.max_body_bytes`.
    Required,
    /// The body is required and has at most this number of bytes, regardless of the configuration.
    RequiredUpTo(usize),
}

impl Body {
    /// Whether the contract shows a body.
    pub fn is_documented(self) -> bool {
        matches!(self, Self::Optional | Self::Required | Self::RequiredUpTo(_))
    }
}

/// Why a body is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// The request must not have a body.
    Unexpected,
    /// The body has a content coding.
    ContentCoding,
    /// The body is not declared as JSON.
    MediaType,
    /// The body is too large.
    TooLarge,
    /// The body did not arrive in time.
    Timeout,
    /// The framing is broken, or the connection is lost.
    Incomplete,
    /// The body is not a JSON object.
    NotAnObject,
    /// The body has a number outside the range of doubles.
    NumberOutOfRange,
}

/// Reads a body of at most `max_bytes`, until `deadline`. Empty if there is none.
///
/// # Errors
/// If `rule` does not allow this body, the body is not declared as JSON, or it exceeds a limit.
pub(in crate::api) async fn read(
    request: &HttpRequest,
    payload: Payload,
    rule: Body,
    max_bytes: usize,
    deadline: Instant,
) -> Result<Bytes, BodyFault> {
    let length = Length::of(request);
    let max_bytes = match rule {
        Body::Ignored => return Ok(Bytes::new()),
        Body::Forbidden | Body::Optional if matches!(length, Length::Known(0)) => return Ok(Bytes::new()),
        Body::Forbidden => return Err(BodyFault::Unexpected),
        Body::Optional | Body::Required => max_bytes,
        Body::RequiredUpTo(max_bytes) => max_bytes,
    };
    let headers = request.headers();
    if !headers.get_all(CONTENT_ENCODING).all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(BodyFault::ContentCoding);
    }
    let mut types = headers.get_all(CONTENT_TYPE);
    let is_json = matches!((types.next(), types.next()), (Some(only), None) if media_type::is_json(only));
    // Only the last chunk shows whether a chunked body is empty. An empty body needs no media type.
    let may_be_empty = rule == Body::Optional && matches!(length, Length::Chunked);
    if !is_json && !may_be_empty {
        return Err(BodyFault::MediaType);
    }
    if matches!(length, Length::Known(length) if length > max_bytes) {
        return Err(BodyFault::TooLarge);
    }
    let connection = request.conn_data::<Connection>().cloned().unwrap_or_default();
    let body = timeout_at(deadline, collect(payload, length, max_bytes, &connection)).await;
    let body = body.unwrap_or(Err(BodyFault::Timeout))?;
    if is_json || body.is_empty() { Ok(body) } else { Err(BodyFault::MediaType) }
}

/// Where a body ends (RFC 9112, section 6.3).
#[derive(Clone, Copy)]
enum Length {
    Known(usize),
    /// The last chunk ends the body.
    Chunked,
}

impl Length {
    /// actix-http has already rejected ambiguous requests.
    fn of(request: &HttpRequest) -> Self {
        let headers = request.headers();
        let announced =
            || headers.get(CONTENT_LENGTH).map_or(Some(0), |length| length.to_str().ok()?.trim().parse().ok());
        if headers.contains_key(TRANSFER_ENCODING) {
            Self::Chunked
        } else {
            Self::Known(announced().unwrap_or(usize::MAX))
        }
    }
}

/// Reads to the end of the body. With `Upgrade: websocket`, actix-http treats everything that follows on the connection as
/// the body, so the length counts.
async fn collect(
    payload: Payload,
    length: Length,
    max_bytes: usize,
    connection: &Connection,
) -> Result<Bytes, BodyFault> {
    let mut payload = pin!(payload);
    let mut body = BytesMut::new();
    loop {
        if let Length::Known(length) = length
            && body.len() >= length
        {
            body.truncate(length);
            return Ok(body.freeze());
        }
        let chunk = poll_fn(|context| {
            let polled = payload.as_mut().poll_next(context);
            if polled.is_pending() {
                connection.want_body();
            }
            polled
        });
        match chunk.await {
            // The framing is broken, or the connection is lost: the body is incomplete.
            Some(Err(_)) => return Err(BodyFault::Incomplete),
            Some(Ok(chunk)) if matches!(length, Length::Chunked) && body.len() + chunk.len() > max_bytes => {
                return Err(BodyFault::TooLarge);
            }
            Some(Ok(chunk)) => body.extend_from_slice(&chunk),
            None => return Ok(body.freeze()),
        }
    }
}

/// The members of `body`, which must be one JSON object. An absent body has no members.
///
/// # Errors
/// If the body is not a JSON object.
pub(crate) fn members(body: &Bytes, rule: Body) -> Result<Object<'_>, BodyFault> {
    let may_be_absent = !matches!(rule, Body::Required | Body::RequiredUpTo(_));
    if may_be_absent && body.is_empty() {
        return Ok(Vec::new());
    }
    match serde_json::from_slice(body) {
        Ok(Json::Object(members)) => Ok(members),
        Err(error) if json::has_number_out_of_range(body, &error) => Err(BodyFault::NumberOutOfRange),
        _ => Err(BodyFault::NotAnObject),
    }
}
