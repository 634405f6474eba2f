//! Where requests come in and replies go out: request ids, problem documents, common headers, panics, the one log line.

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

use super::problem::Problem;
use super::request_record::RequestRecord;
use super::unread_body::SharedBody;
use super::{ApiError, Gateway, routes};
use crate::listener::Connection;
use crate::telemetry::traceparent;

/// Names a request and its reply, so that a caller's log and ours can be laid side by side.
static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The caller's place in a trace (W3C Trace Context).
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What a caller may send, and what is left of it.
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Wraps every request: outermost, so that every reply passes here.
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

/// Gives replies what every reply has, and records them.
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
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.gateway.lifecycle.is_draining() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        self.connection.announce_end(&mut response);
        self.record.reply(response.status().as_u16(), error.map(|error| error.problem.entry().code));
        response
    }
}

/// What a panic leaves: there is no request any more to answer with, only an error that knows its whole reply.
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

/// The caller's id for the request where it can stand in a log line, else a fresh one.
fn request_id(request: &ServiceRequest) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match only(request, &X_REQUEST_ID) {
        Some(id) if (1..=128).contains(&id.len()) && id.bytes().all(plain) => id.to_owned(),
        _ => Uuid::now_v7().to_string(),
    }
}

/// The header field called `name`, if there is exactly one.
fn only<'a>(request: &'a ServiceRequest, name: &HeaderName) -> Option<&'a str> {
    let mut given = request.headers().get_all(name);
    match (given.next(), given.next()) {
        (Some(field), None) => field.to_str().ok(),
        _ => None,
    }
}

/// Methods as metric labels: a caller may send any word as a method.
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
