//! The body of a request: media type, size, time and JSON.

use std::future::poll_fn;
use std::pin::pin;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::Stream;
use tokio::time::{Instant, timeout_at};

use super::fault::Fault;
use super::json::{self, Json};
use super::media_type;
use super::members::Object;
use crate::api::gateway::Limits;
use crate::api::problems::{ApiError, Problem};
use crate::listener::Connection;
use crate::operations::Body;

/// Reads a body within the limits of size and time. Empty if there is none.
///
/// # Errors
/// If the operation does not allow this body, the body is not declared as JSON, or it exceeds a limit.
pub(in crate::api) async fn read(
    request: &HttpRequest,
    payload: Payload,
    rule: Body,
    limits: &Limits,
    started: Instant,
) -> Result<Bytes, ApiError> {
    let length = Length::of(request);
    let max_bytes = match rule {
        Body::Ignored => return Ok(Bytes::new()),
        Body::Forbidden | Body::Optional if matches!(length, Length::Known(0)) => return Ok(Bytes::new()),
        Body::Forbidden => {
            let fault = Fault::at(String::new(), "must be absent: this request has no body");
            return Err(ApiError::invalid(vec![fault]).closing());
        }
        Body::Optional | Body::Required => limits.max_body_bytes,
        Body::RequiredUpTo(max_bytes) => max_bytes,
    };
    let headers = request.headers();
    if !headers.get_all(CONTENT_ENCODING).all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::unsupported_content_coding());
    }
    let mut types = headers.get_all(CONTENT_TYPE);
    if !matches!((types.next(), types.next()), (Some(only), None) if media_type::is_json(only)) {
        return Err(ApiError::from(Problem::UnsupportedMediaType));
    }
    if matches!(length, Length::Known(length) if length > max_bytes) {
        return Err(ApiError::from(Problem::BodyTooLarge).closing());
    }
    let connection = request.conn_data::<Connection>().cloned().unwrap_or_default();
    // The other half of the request's time belongs to CENTAGATE.
    timeout_at(started + limits.request_timeout / 2, collect(payload, length, max_bytes, &connection))
        .await
        .unwrap_or_else(|_| Err(ApiError::from(Problem::RequestTimeout).closing()))
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
) -> Result<Bytes, ApiError> {
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
            Some(Err(_)) => return Err(ApiError::from(Problem::MalformedRequest).closing()),
            Some(Ok(chunk)) if matches!(length, Length::Chunked) && body.len() + chunk.len() > max_bytes => {
                return Err(ApiError::from(Problem::BodyTooLarge).closing());
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
pub(crate) fn members(body: &Bytes, rule: Body) -> Result<Object<'_>, ApiError> {
    let may_be_absent = !matches!(rule, Body::Required | Body::RequiredUpTo(_));
    if may_be_absent && body.is_empty() {
        return Ok(Vec::new());
    }
    match serde_json::from_slice(body) {
        Ok(Json::Object(members)) => Ok(members),
        Err(error) if json::has_number_out_of_range(body, &error) => {
            Err(ApiError::invalid(vec![Fault::at(String::new(), "has a number that is out of range")]))
        }
        _ => Err(Problem::MalformedRequest.into()),
    }
}
