//! The only handler. It takes a request of any operation through the contract's checks, in the contract's order.
//!
//! The router has checked the route and the method. What follows here is: credential, scope and rate; content type, size and
//! time of the body; JSON; the rules of body and path; rights on the target; the idempotency key; and the upstream call.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, LOCATION};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::IDEMPOTENT_REPLAYED;
use super::authentication::authorize;
use super::completion;
use super::execution::{Executed, Execution};
use super::gateway::Gateway;
use super::idempotency::{IdempotencyKey, IdempotentRequest, execute};
use super::input::{Input, body, path};
use super::problems::{ApiError, Problem};
use super::record::RequestRecord;
use crate::operations::Row;

/// Handles one request of `operation`.
pub(super) async fn handle(
    operation: &'static Row,
    http_request: HttpRequest,
    payload: Payload,
    gateway: web::Data<Gateway>,
    record: Arc<RequestRecord>,
) -> Result<HttpResponse, ApiError> {
    let spec = operation.spec;

    // Credential, scope, rate.
    let caller = authorize(&http_request, &gateway, &record, spec.scope).await?;

    if let Some(switch) = spec.enabled_by.filter(|switch| !gateway.enabled.contains(switch)) {
        return Err(ApiError::operation_disabled(switch.key()));
    }

    // Content type, size and time of the body; JSON.
    // Half of the request's time belongs to CENTAGATE.
    let body_deadline = record.started() + gateway.limits.request_timeout / 2;
    let body = body::read(&http_request, payload, spec.body, gateway.limits.max_body_bytes, body_deadline).await?;
    let members = body::members(&body, spec.body)?;

    // The rules of body and path.
    let has_key = spec.stored_as.is_some() && IdempotencyKey::is_in(&http_request);
    let path_values = path::values(spec.path, http_request.uri().path(), &gateway.base_path);
    let mut input = Input::new(path_values, members, has_key);
    let request = (operation.read)(&mut input, &gateway.users);
    let canonical = input.finish().map_err(ApiError::invalid)?;
    let request = request.ok_or(Problem::Internal)?;

    // Rights on the target.
    gateway.refuse_own_admin(request.target())?;
    caller.allows_target(request.target())?;
    request.check_rights(&caller)?;

    // Idempotency key.
    let key = if has_key { IdempotencyKey::of(&http_request)? } else { None };
    let idempotent = key.map(|key| IdempotentRequest { key, canonical, body });

    // Upstream call. From here on, the work runs to completion, even if the caller disconnects.
    let action = record.action(operation, &*request);
    let execution = Execution::new(gateway.clone(), record, operation, request, action);
    let executed = completion::run(&gateway, operation, async move { execute(&execution, idempotent).await }).await?;
    Ok(reply(spec.success, executed))
}

fn reply(success: u16, Executed { reply, is_replay }: Executed) -> HttpResponse {
    let status = StatusCode::from_u16(success).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    if let Some(location) = reply.location {
        response.insert_header((LOCATION, location));
    }
    if is_replay {
        response.insert_header(IDEMPOTENT_REPLAYED);
    }
    match reply.body {
        Some(body) => response.insert_header(ContentType::json()).body(body),
        None => response.finish(),
    }
}
