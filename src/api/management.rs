//! The management listener: liveness, readiness and metrics.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{ACCEPT, ContentType};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::gateway::Gateway;
use super::problems::{ApiError, Problem};
use super::readiness::Readiness;
use super::routes::{get, get_or_head};
use crate::listener::{Connection, ListenerCertificate};
use crate::metrics::Exposition;

/// Mounts the routes of the management listener.
pub(crate) fn configure(config: &mut web::ServiceConfig, gateway: &web::Data<Gateway>) {
    config
        .app_data(gateway.clone())
        .service(get("/livez", "/livez").route(get_or_head().to(livez)))
        .service(get("/readyz", "/readyz").route(get_or_head().to(readyz)))
        .service(get("/metrics", "/metrics").route(get_or_head().to(metrics)));
}

/// Closes each connection after its first reply, because nothing limits the head of a second request.
pub(crate) async fn one_request_per_connection(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    let _turn = Connection::of(&request).begin();
    let mut reply = next.call(request).await?.map_into_boxed_body();
    reply.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    Ok(reply)
}

/// `GET /livez`: the process answers.
async fn livez() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: whether the process should get requests. `?verbose` adds the reasons, one per line.
async fn readyz(request: HttpRequest, gateway: web::Data<Gateway>) -> HttpResponse {
    let readiness = Readiness::of(&gateway);
    let is_verbose = request.query_string().split('&').any(|flag| flag == "verbose" || flag.starts_with("verbose="));
    let text = if is_verbose { readiness.details() } else { readiness.summary() };
    let mut reply = if readiness.is_ready() { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    reply.content_type(ContentType::plaintext()).body(text)
}

/// `GET /metrics`: all metrics, in the format that the client prefers.
async fn metrics(request: HttpRequest, gateway: web::Data<Gateway>) -> Result<HttpResponse, ApiError> {
    let Gateway { metrics, centagate, .. } = &**gateway;
    metrics.calls.set_load(centagate.load());
    metrics.session.set_age(centagate.session_status().age);
    if let Some(verifier) = gateway.jwt_verifier.as_ref().filter(|verifier| verifier.fetches_keys()) {
        metrics.validity.set_identity_keys_age(verifier.keys_age());
    }
    for (whose, expiry) in [
        ("centagate", centagate.certificate_expiry()),
        ("listener", gateway.listener_certificate.as_ref().and_then(ListenerCertificate::expiry)),
    ] {
        if let Some(expiry) = expiry {
            metrics.validity.set_certificate_expiry(whose, expiry);
        }
    }
    let accept: Vec<_> = request.headers().get_all(ACCEPT).filter_map(|accept| accept.to_str().ok()).collect();
    let exposition = Exposition::negotiate(&accept.join(","));
    let text = metrics.encode(exposition).map_err(|_| Problem::Internal)?;
    Ok(HttpResponse::Ok().content_type(exposition.content_type()).body(text))
}
