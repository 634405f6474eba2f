//! Work that runs to completion: neither a caller who disconnects nor a shutdown interrupts it.

use actix_web::web;

use super::gateway::Gateway;
use super::problems::ApiError;
use crate::centagate::{Error, NotSent};
use crate::operations::Row;

/// Runs the `work` of `operation` to completion. Shutdown waits for it.
///
/// # Errors
/// Those of `work`, or if the gateway is stopping, or if `work` panics.
pub(super) async fn run<T: Send + 'static>(
    gateway: &web::Data<Gateway>,
    operation: &'static Row,
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    let Some(task) = gateway.lifecycle.spawn(work) else {
        return Err(ApiError::of_call(operation, &Error::NotSent(NotSent::Stopping)));
    };
    task.await.unwrap_or_else(|_| {
        gateway.metrics.requests.count_panic();
        Err(ApiError::internal_after_sending(operation.spec.settle))
    })
}
