use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// A future that runs to its end: within whoever awaits it, and in a task of its own from the moment it is dropped before.
///
/// A task from the start would cost each request two more turns of the scheduler.
pub(super) struct ToTheEnd<F>(Option<Pin<Box<F>>>)
where
    F: Future<Output: Send> + Send + 'static;

impl<F> ToTheEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    pub(super) fn new(work: F) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<F> Future for ToTheEnd<F>
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

impl<F> Drop for ToTheEnd<F>
where
    F: Future<Output: Send> + Send + 'static,
{
    fn drop(&mut self) {
        // Where the runtime has ended nothing can go on.
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

    use super::ToTheEnd;

    #[tokio::test]
    async fn what_is_awaited_ends_there() {
        assert_eq!(ToTheEnd::new(async { tokio::task::yield_now().await }.map(|()| 7)).await, 7);
    }

    #[tokio::test]
    async fn what_is_dropped_goes_on_whether_it_had_begun_or_not() {
        for begun in [false, true] {
            let (go, wait) = oneshot::channel::<()>();
            let (done, end) = oneshot::channel();
            let work = ToTheEnd::new(async move {
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
    fn where_there_is_no_runtime_it_is_let_go() {
        let (done, mut end) = oneshot::channel::<()>();
        drop(ToTheEnd::new(async move { done.send(()) }));
        assert!(end.try_recv().is_err());
    }
}
