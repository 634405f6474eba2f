use std::any::Any;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::ConnectionType;

use super::watchdog::Watchdog;

/// Whether the last request of a caller's connection has been seen, or its last reply made: what stands behind them must
/// not be carried out (RFC 9112, section 9.6). And the watch over slow callers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection(Rc<State>);

#[derive(Debug, Default)]
struct State {
    ended: Cell<bool>,
    watchdog: Option<Watchdog>,
}

impl Connection {
    /// Attaches itself to a connection that has just been accepted, which is cut if it brings no whole head of a request for
    /// longer than `patience`.
    pub(crate) fn accept(stream: &dyn Any, data: &mut Extensions, patience: Duration) {
        data.insert(Self(Rc::new(State { watchdog: Watchdog::over(stream, patience), ..State::default() })));
    }

    /// The connection that `request` came on.
    pub(super) fn of(request: &ServiceRequest) -> Self {
        request.request().conn_data::<Self>().cloned().unwrap_or_default()
    }

    /// The whole head of a request has come.
    pub(super) fn renew(&self) {
        if let Some(watchdog) = &self.0.watchdog {
            watchdog.renew();
        }
    }

    /// Whether the connection had ended before `request` came; it ends with one that says so.
    pub(super) fn had_ended(&self, request: &ServiceRequest) -> bool {
        let last = request.head().connection_type() == ConnectionType::Close;
        self.0.ended.replace(self.0.ended.get() || last)
    }

    /// The connection ends with a `reply` that says so.
    pub(super) fn note(&self, reply: &HttpResponse) {
        if reply.head().connection_type() == ConnectionType::Close {
            self.0.ended.set(true);
        }
    }
}
