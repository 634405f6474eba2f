use std::future::poll_fn;
use std::pin::pin;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::Stream;
use tokio::time::{Instant, timeout_at};

use super::json::{self, Json};
use super::media_type;
use super::members::{Fault, Members};
use super::problem::Problem;
use super::{ApiError, Limits};
use crate::listener::Connection;

/// Reads a request's body, which must be declared as JSON, within the limits of size and time.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    limits: &Limits,
    started: Instant,
) -> Result<Bytes, ApiError> {
    let headers = request.headers();
    if !headers.get_all(CONTENT_ENCODING).all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ApiError::unsupported_content_coding());
    }
    let mut types = headers.get_all(CONTENT_TYPE);
    if !matches!((types.next(), types.next()), (Some(only), None) if media_type::is_json(only)) {
        return Err(ApiError::from(Problem::UnsupportedMediaType));
    }
    let length = Length::of(request);
    if matches!(length, Length::Known(length) if length > limits.max_body_bytes) {
        return Err(ApiError::from(Problem::BodyTooLarge).closing());
    }
    let connection = request.conn_data::<Connection>().cloned().unwrap_or_default();
    // The other half of the request's time is CENTAGATE's.
    timeout_at(started + limits.request_timeout / 2, collect(payload, length, limits.max_body_bytes, &connection))
        .await
        .unwrap_or_else(|_| Err(ApiError::from(Problem::RequestTimeout).closing()))
}

/// Where a body ends (RFC 9112, section 6.3).
#[derive(Clone, Copy)]
enum Length {
    Known(usize),
    /// A chunked body says so itself.
    Chunked,
}

impl Length {
    /// actix-http has refused whatever is ambiguous.
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

/// Reads up to the end of the body. With `Upgrade: websocket`, actix-http takes everything that follows on the connection for
/// the body, whatever its length is.
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
            // Broken framing or a lost connection: what came is not the body.
            Some(Err(_)) => return Err(ApiError::from(Problem::MalformedRequest).closing()),
            Some(Ok(chunk)) if matches!(length, Length::Chunked) && body.len() + chunk.len() > max_bytes => {
                return Err(ApiError::from(Problem::BodyTooLarge).closing());
            }
            Some(Ok(chunk)) => body.extend_from_slice(&chunk),
            None => return Ok(body.freeze()),
        }
    }
}

/// The members of `body`, which must be one JSON object.
pub(super) fn members(body: &Bytes) -> Result<Members<'_>, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Json::Object(members)) => Ok(Members::new(members)),
        Err(error) if json::has_number_out_of_range(body, &error) => {
            Err(ApiError::invalid(vec![Fault::at(String::new(), "has a number that is out of range")]))
        }
        _ => Err(Problem::MalformedRequest.into()),
    }
}
