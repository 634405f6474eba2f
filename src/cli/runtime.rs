//! The runtime of the main thread.

/// Runs `future` to completion on this thread. The workers of the listeners have their own threads.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("the operating system provides an event queue")
        .block_on(future)
}
