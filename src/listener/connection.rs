//! What the stream of a connection and the requests on it tell each other.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::ConnectionType;
use tokio::time::Instant;

/// The state of an accepted connection, shared by its stream and its requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(pub(super) Rc<State>);

#[derive(Debug, Default)]
pub(super) struct State {
    /// How long the connection may bring no whole head.
    patience: Duration,
    /// When the stream ends the connection; there is one while the connection has a stream.
    deadline: Cell<Option<Instant>>,
    /// Whether the last request came, or the last reply was made.
    ended: Cell<bool>,
    /// Whether a handler is at work.
    pub(super) busy: Cell<bool>,
    /// Whether everything that went to actix-http was used.
    pub(super) drained: Cell<bool>,
    /// Whether the stream waits until then with further input.
    pub(super) held: Cell<bool>,
    /// Whether the current handler has asked for more of its request's body than had come.
    body_wanted: Cell<bool>,
    /// Whether a newer connection needs this one's place.
    pub(super) evicted: Cell<bool>,
    /// The task that serves the connection.
    task: RefCell<Option<Waker>>,
}

impl Connection {
    /// A connection that ends when it brings no whole head for longer than `patience`.
    pub(super) fn accepted(patience: Duration) -> Self {
        let deadline = Cell::new(Some(Instant::now() + patience));
        Self(Rc::new(State { patience, deadline, ..State::default() }))
    }

    /// The connection that `request` came on.
    pub(crate) fn of(request: &ServiceRequest) -> Self {
        request.request().conn_data::<Self>().cloned().unwrap_or_default()
    }

    /// A handler is at work on a request, whose whole head has come, until the returned value is dropped.
    pub(crate) fn begin(&self) -> Turn {
        let state = &self.0;
        state.deadline.set(state.deadline.get().map(|_| Instant::now() + state.patience));
        state.busy.set(true);
        state.drained.set(false);
        state.body_wanted.set(false);
        Turn(self.clone())
    }

    /// The handler needs more of the body than has come.
    pub(crate) fn want_body(&self) {
        self.0.body_wanted.set(true);
        self.0.resume_reading();
    }

    pub(super) fn wants_body(&self) -> bool {
        self.0.body_wanted.get()
    }

    /// Whether the connection had ended before `request` came. It ends with a request that says so, and with a request for an
    /// upgrade: the gateway ignores that (RFC 9110, section 7.8), but actix-http cannot keep its connection.
    ///
    /// Nothing that comes later on the connection may be executed (RFC 9112, section 9.6).
    pub(crate) fn had_ended(&self, request: &ServiceRequest) -> bool {
        let is_last = request.head().connection_type() != ConnectionType::KeepAlive;
        self.0.ended.replace(self.0.ended.get() || is_last)
    }

    /// Makes `reply` announce the end of the connection, or ends the connection if the reply says so.
    pub(crate) fn announce_end(&self, reply: &mut HttpResponse) {
        if self.0.ended.get() {
            reply.head_mut().set_connection_type(ConnectionType::Close);
        } else if reply.head().connection_type() == ConnectionType::Close {
            self.0.ended.set(true);
        }
    }

    /// Ends the connection unless a request has come.
    pub(super) fn evict(&self) {
        self.0.evicted.set(true);
        self.0.wake();
    }
}

impl State {
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.get()
    }

    /// Remembers the task that serves the connection.
    pub(super) fn served_by(&self, context: &Context<'_>) {
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

/// The time that a handler has the connection for itself.
pub(crate) struct Turn(Connection);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.busy.set(false);
        self.0.0.resume_reading();
    }
}
