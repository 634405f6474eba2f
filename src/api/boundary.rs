//! Wraps every request: request ID, common headers, problem documents, panics and the record.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use uuid::Uuid;

use super::gateway::Gateway;
use super::input::SharedBody;
use super::problems::{ApiError, Problem};
use super::record::RequestRecord;
use super::routes;
use crate::listener::Connection;
use crate::telemetry::traceparent;

/// Identifies a request in the logs of the caller and the gateway.
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's trace (W3C Trace Context).
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The rate limits of the caller, and what is left of them.
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Wraps every request. It is the outermost middleware, so every reply passes through it.
pub(crate) async fn boundary(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let gateway = request.app_data::<web::Data<Gateway>>().cloned().ok_or(ApiError::from(Problem::Internal))?;
    let record = Arc::new(RequestRecord::begin(
        Arc::clone(&gateway.metrics),
        gateway.traces.begin(only(&request, &TRACEPARENT).and_then(traceparent::parse)),
        request_id(&request),
        routes::pattern(&request),
        method_label(request.method()),
    ));
    request.extensions_mut().insert(Arc::clone(&record));
    let _request = gateway.lifecycle.begin_request();
    let exit = Exit { gateway, record, connection: Connection::of(&request) };
    let _turn = exit.connection.begin();
    let body = SharedBody::share(&mut request);
    if !exit.connection.accept(&request) {
        let error = ApiError::from(Problem::MalformedRequest).closing();
        let reply = exit.reply(error.reply(exit.record.request_id()), Some(&error));
        return Ok(request.into_response(SharedBody::hold_until_sent(body, reply)));
    }
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let (request, response) = response.into_parts();
            let problem = response.error().map(|error| exit.problem(error));
            let response = problem.unwrap_or_else(|| exit.reply(response.map_into_boxed_body(), None));
            Ok(ServiceResponse::new(request, SharedBody::hold_until_sent(body, response)))
        }
        Ok(Err(_)) => Err(Failed { exit }.into()),
        Err(_) => {
            exit.gateway.metrics.requests.count_panic();
            Err(Failed { exit }.into())
        }
    }
}

/// Adds the common headers to replies, and records them.
struct Exit {
    gateway: web::Data<Gateway>,
    record: Arc<RequestRecord>,
    connection: Connection,
}

impl Exit {
    fn problem(&self, error: &Error) -> HttpResponse {
        match error.as_error::<ApiError>() {
            Some(error) => self.reply(error.reply(self.record.request_id()), Some(error)),
            None => self.problem(&ApiError::from(Problem::Internal).into()),
        }
    }

    fn reply(&self, mut response: HttpResponse, error: Option<&ApiError>) -> HttpResponse {
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(self.record.request_id()) {
            headers.insert(X_REQUEST_ID.clone(), id);
        }
        if let Some((policy, state)) = self.record.rate_limit_fields() {
            for (name, value) in [(&RATE_LIMIT_POLICY, policy), (&RATE_LIMIT, state)] {
                if let Ok(value) = HeaderValue::from_maybe_shared(value) {
                    headers.insert(name.clone(), value);
                }
            }
        }
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.gateway.lifecycle.is_draining() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        self.connection.announce_end(&mut response);
        self.record.reply(response.status().as_u16(), error.map(|error| error.problem.entry().code));
        response
    }
}

/// A panic. The request is gone, so this error carries its whole reply.
struct Failed {
    exit: Exit,
}

impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Failed")
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed without a reply")
    }
}

impl ResponseError for Failed {
    fn error_response(&self) -> HttpResponse {
        self.exit.problem(&ApiError::from(Problem::Internal).into())
    }
}

/// The caller's ID for the request if it is valid, otherwise a new one.
fn request_id(request: &ServiceRequest) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match only(request, &X_REQUEST_ID) {
        Some(id) if (1..=128).contains(&id.len()) && id.bytes().all(plain) => id.to_owned(),
        _ => Uuid::now_v7().to_string(),
    }
}

/// The value of the header field `name`, if there is exactly one.
fn only<'a>(request: &'a ServiceRequest, name: &HeaderName) -> Option<&'a str> {
    let mut given = request.headers().get_all(name);
    match (given.next(), given.next()) {
        (Some(field), None) => field.to_str().ok(),
        _ => None,
    }
}

/// The method as a metric label. A caller may send any word as a method.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
