use std::sync::Arc;

use actix_web::web;
use tokio::time::Instant;

use super::request_record::RequestRecord;
use super::{ApiError, Gateway};
use crate::centagate::{self, NotSent, Operation};

/// Runs `call` and records how it ended, in a task of its own: a caller who hangs up, or a reply that is given up on,
/// changes nothing about what is sent and what is recorded.
pub(super) async fn run<T, F>(
    gateway: &web::Data<Gateway>,
    record: &Arc<RequestRecord>,
    operation: Operation,
    call: impl FnOnce(web::Data<Gateway>, Instant) -> F,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, centagate::Error>> + Send + 'static,
{
    let deadline = record.started() + gateway.limits.request_timeout;
    if gateway.lifecycle.is_stopping() {
        let error = centagate::Error::NotSent(NotSent::Stopping);
        return Err(ApiError::from(&error));
    }
    let call = call(gateway.clone(), deadline);
    let record = Arc::clone(record);
    let task = gateway.lifecycle.exchanges.spawn(async move {
        let started = Instant::now();
        let result = call.await;
        record.call(operation, &result, started.elapsed());
        result
    });
    let Ok(result) = task.await else {
        gateway.metrics.panic();
        return Err(ApiError::internal_after_sending());
    };
    result.map_err(|error| ApiError::from(&error))
}
