use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::json::Json;
use super::members::Members;
use super::problem::Problem;
use super::{ApiError, Limits};

/// Reads a request's body: declared as JSON, within the limits of size and time.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    limits: &Limits,
    started: Instant,
) -> Result<Bytes, ApiError> {
    if !is_declared_as_json(request) {
        return Err(Problem::UnsupportedMediaType.into());
    }
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limits.max_body_bytes) {
        return Err(ApiError::from(Problem::BodyTooLarge).closing());
    }
    // The other half of the request's time is CENTAGATE's.
    timeout_at(started + limits.request_timeout / 2, collect(payload, limits.max_body_bytes))
        .await
        .unwrap_or_else(|_| Err(ApiError::from(Problem::RequestTimeout).closing()))
}

async fn collect(mut payload: Payload, max_bytes: usize) -> Result<Bytes, ApiError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        // Broken framing or a lost connection: what came is not the body.
        let chunk = chunk.map_err(|_| ApiError::from(Problem::MalformedRequest).closing())?;
        if body.len() + chunk.len() > max_bytes {
            return Err(ApiError::from(Problem::BodyTooLarge).closing());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Exactly one `Content-Type: application/json`, in UTF-8 if it names a charset, and no content coding.
fn is_declared_as_json(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let mut types = headers.get_all(CONTENT_TYPE);
    let (Some(content_type), None) = (types.next(), types.next()) else { return false };
    let Ok(content_type) = content_type.to_str() else { return false };
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"));
    let is_utf_8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    let is_plain = headers.get_all(CONTENT_ENCODING).all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    is_json && is_utf_8 && is_plain
}

/// The members of `body`, which must be one JSON object.
pub(super) fn members(body: &Bytes) -> Result<Members<'_>, ApiError> {
    match serde_json::from_slice(body) {
        Ok(Json::Object(members)) => Ok(Members::new(members)),
        _ => Err(Problem::MalformedRequest.into()),
    }
}
