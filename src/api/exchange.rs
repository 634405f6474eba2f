use std::sync::Arc;

use actix_web::{ResponseError as _, web};
use tokio::time::Instant;

use super::request_record::RequestRecord;
use super::{ApiError, Gateway, Problem};
use crate::audit::{Action, Ending};
use crate::centagate::{self, NotSent};
use crate::domain::Outcome;

/// Runs `call`, which does `action`, and puts both on record, in a task of its own: a caller who hangs up, or a reply that
/// is given up on, changes nothing about what is sent and what is recorded.
pub(super) async fn run<T, F>(
    gateway: &web::Data<Gateway>,
    record: &Arc<RequestRecord>,
    action: Action,
    call: impl FnOnce(web::Data<Gateway>, Instant) -> F,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, centagate::Error>> + Send + 'static,
{
    let deadline = record.started() + gateway.limits.request_timeout;
    if gateway.lifecycle.is_stopping() {
        return Err(ApiError::from(&centagate::Error::NotSent(NotSent::Stopping)));
    }
    let call = call(gateway.clone(), deadline);
    let record = Arc::clone(record);
    let audited = gateway.clone();
    let task = gateway.lifecycle.exchanges.spawn(async move {
        let (operation, success_status) = (action.operation, action.success_status);
        let attempt = audited.audit.attempt(action).await.map_err(|_| Problem::AuditUnavailable)?;
        let started = Instant::now();
        let result = call.await;
        let error = result.as_ref().err().map(ApiError::from);
        let ending = ending(error.as_ref(), success_status, started);
        record.call(operation, &result, &ending);
        attempt.ended(&ending).await;
        result.map_err(|error| ApiError::from(&error))
    });
    task.await.unwrap_or_else(|_| {
        gateway.metrics.panic();
        Err(ApiError::internal_after_sending())
    })
}

fn ending(error: Option<&ApiError>, success_status: u16, started: Instant) -> Ending {
    Ending {
        outcome: error.map_or("executed", |error| error.outcome.map_or("unknown", Outcome::as_str)),
        status: error.map_or(success_status, |error| error.status_code().as_u16()),
        upstream_code: error.map_or(Some(0), |error| error.upstream_code),
        duration: started.elapsed(),
    }
}
