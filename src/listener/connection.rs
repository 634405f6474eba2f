//! The state that the stream of a connection and the requests on it share.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::{ConnectionType, Version};
use tokio::time::Instant;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The state of an accepted connection, shared by its stream and its requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(pub(super) Rc<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    /// Held until the first request. Shutdown waits for it for a moment.
    newcomer: RefCell<Option<TaskTrackerToken>>,
    /// How long the connection may stay open without a complete request head.
    idle_timeout: Duration,
    /// When the stream closes the connection. `None` if there is no stream, as in tests.
    deadline: Cell<Option<Instant>>,
    /// Whether no further request may be executed.
    ended: Cell<bool>,
    /// Whether a handler is running.
    pub(super) busy: Cell<bool>,
    /// Whether handlers have consumed all input that actix-http has.
    pub(super) drained: Cell<bool>,
    /// Whether the stream waits for `drained` before it reads on.
    pub(super) held: Cell<bool>,
    /// Whether the current handler waits for more of the request's body.
    body_wanted: Cell<bool>,
    /// Whether a newer connection replaces this one.
    pub(super) evicted: Cell<bool>,
    /// The task that serves the connection.
    task: RefCell<Option<Waker>>,
}

impl Connection {
    /// Creates the state of a connection that closes after `idle_timeout` without a complete request head.
    pub(super) fn new(idle_timeout: Duration, newcomer: TaskTrackerToken) -> Self {
        let deadline = Cell::new(Some(Instant::now() + idle_timeout));
        Self(Rc::new(State { newcomer: RefCell::new(Some(newcomer)), idle_timeout, deadline, ..State::default() }))
    }

    /// Returns the connection of `request`.
    pub(crate) fn of(request: &ServiceRequest) -> Self {
        request.request().conn_data::<Self>().cloned().unwrap_or_default()
    }

    /// Marks a handler as running until the returned guard is dropped. The head of its request is complete.
    pub(crate) fn begin(&self) -> HandlerGuard {
        let state = &self.0;
        state.newcomer.take();
        state.deadline.set(state.deadline.get().map(|_| Instant::now() + state.idle_timeout));
        state.busy.set(true);
        state.drained.set(false);
        state.body_wanted.set(false);
        HandlerGuard(self.clone())
    }

    /// Lets the stream read more of the body, which the handler waits for.
    pub(crate) fn want_body(&self) {
        self.0.body_wanted.set(true);
        self.0.resume_reading();
    }

    pub(super) fn wants_body(&self) -> bool {
        self.0.body_wanted.get()
    }

    /// Registers a request, and returns whether it may be executed. No request may be executed after the last one of a
    /// connection (RFC 9112, section 9.6).
    ///
    /// A request is the last one if it says `Connection: close`. So is a request for an upgrade: the gateway ignores the
    /// upgrade (RFC 9110, section 7.8), but actix-http closes the connection.
    pub(crate) fn accept(&self, request: &ServiceRequest) -> bool {
        let is_last = request.head().connection_type() != ConnectionType::KeepAlive;
        !self.0.ended.replace(self.0.ended.get() || is_last)
    }

    /// Adds `Connection: close` to the last reply, and makes a reply with `Connection: close` the last one.
    pub(crate) fn announce_end(&self, reply: &mut HttpResponse) {
        // actix-http recycles the heads of replies with the version of an earlier request, and a reply of HTTP/1.0 closes its
        // connection. It sets the right version later.
        reply.head_mut().version = Version::HTTP_11;
        if self.0.ended.get() {
            reply.head_mut().set_connection_type(ConnectionType::Close);
        } else if reply.head().connection_type() == ConnectionType::Close {
            self.0.ended.set(true);
        }
    }

    /// Closes the connection, unless a request has arrived.
    pub(super) fn evict(&self) {
        self.0.evicted.set(true);
        self.0.wake();
    }
}

impl State {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.get()
    }

    /// Stores the task that serves the connection.
    pub(super) fn set_task(&self, context: &Context<'_>) {
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(context.waker())) {
            *task = Some(context.waker().clone());
        }
    }

    fn resume_reading(&self) {
        self.drained.set(true);
        if self.held.replace(false) {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(task) = &*self.task.borrow() {
            task.wake_by_ref();
        }
    }
}

/// Marks the handler of a connection as running.
pub(crate) struct HandlerGuard(Connection);

impl Drop for HandlerGuard {
    fn drop(&mut self) {
        self.0.0.busy.set(false);
        self.0.0.resume_reading();
    }
}
