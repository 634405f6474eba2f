//! Work that runs to completion: neither a caller who disconnects nor a shutdown interrupts it.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::web;
use futures_util::FutureExt as _;
use tokio::runtime::Handle;

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
    let Some(token) = gateway.lifecycle.begin_execution() else {
        return Err(ApiError::of_call(operation, &Error::NotSent(NotSent::Stopping)));
    };
    let metrics = Arc::clone(&gateway.metrics);
    let work = AssertUnwindSafe(work).catch_unwind().map(move |ended| {
        drop(token);
        ended.unwrap_or_else(|_| {
            metrics.requests.count_panic();
            Err(ApiError::internal_after_sending(operation.spec.settle))
        })
    });
    ToCompletion::new(work).await
}

/// A future that always runs to completion. If it is dropped before, it continues in a task of its own.
///
/// A task from the start would let the requests of a flooding peer queue ahead of everyone else's (docs/performance.md).
struct ToCompletion<F>(Option<Pin<Box<F>>>)
where
    F: Future<Output: Send> + Send + 'static;

impl<F> ToCompletion<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn new(work: F) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<F> Future for ToCompletion<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(work) = &mut self.0 else { return Poll::Pending };
        let polled = work.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<F> Drop for ToCompletion<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        // Without a runtime, nothing can continue.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;
    use tokio::sync::oneshot;

    use super::ToCompletion;

    #[tokio::test]
    async fn an_awaited_future_completes_in_place() {
        assert_eq!(ToCompletion::new(async { tokio::task::yield_now().await }.map(|()| 7)).await, 7);
    }

    #[tokio::test]
    async fn a_dropped_future_continues_even_if_it_had_not_started() {
        for begun in [false, true] {
            let (go, wait) = oneshot::channel::<()>();
            let (done, end) = oneshot::channel();
            let work = ToCompletion::new(async move {
                let _ = wait.await;
                let _ = done.send(());
            });
            if begun {
                assert!(pin!(work).as_mut().now_or_never().is_none());
            } else {
                drop(work);
            }
            go.send(()).expect("it is still there");
            end.await.expect("it went on to its end");
        }
    }

    #[test]
    fn without_a_runtime_a_dropped_future_is_cancelled() {
        let (done, mut end) = oneshot::channel::<()>();
        drop(ToCompletion::new(async move { done.send(()) }));
        assert!(end.try_recv().is_err());
    }
}
