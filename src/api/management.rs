//! The management listener: liveness, readiness and metrics.

use std::fmt::Write as _;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{ACCEPT, ContentType};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::gateway::Gateway;
use super::problems::{ApiError, Problem};
use super::routes::{get, get_or_head};
use crate::centagate::LoginRefusal;
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

/// `GET /readyz`: whether the process accepts requests. It is not ready while it drains, while the audit trail cannot be
/// written, or while CENTAGATE refuses the login of a process that never had a session. It does not follow CENTAGATE's state
/// otherwise: one outage would remove every replica. `?verbose` adds the reasons, one per line.
async fn readyz(request: HttpRequest, gateway: web::Data<Gateway>) -> HttpResponse {
    let draining = gateway.lifecycle.is_draining();
    let session = gateway.centagate.session_status();
    let never_let_in = !session.ever_live && session.refusal.as_ref().is_some_and(LoginRefusal::is_for_operators);
    let audit_broken = gateway.audit.broken();
    let unready = draining || never_let_in || audit_broken.is_some();
    let mut reply = if unready { HttpResponse::ServiceUnavailable() } else { HttpResponse::Ok() };
    let mut text = if unready { "not ready\n" } else { "ready\n" }.to_owned();
    if request.query_string().split('&').any(|flag| flag == "verbose" || flag.starts_with("verbose=")) {
        let draining = if draining { "stopping" } else { "no" };
        let audit = audit_broken.map_or_else(|| "ok".to_owned(), |cause| format!("cannot be written: {cause}"));
        let store = gateway.ledger.last_check();
        let _ = write!(
            text,
            "draining: {draining}\nsession: {session}\naudit: {audit}\nidempotency store check: {store}\n"
        );
    }
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
