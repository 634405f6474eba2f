use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::ConnectionType;

/// Whether the last request of a caller's connection has been seen, or its last reply made: what stands behind them must
/// not be carried out (RFC 9112, section 9.6).
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    ended: Arc<AtomicBool>,
}

impl Connection {
    /// Attaches itself to a connection that has just been accepted.
    pub(crate) fn accept(_: &dyn Any, data: &mut Extensions) {
        data.insert(Self::default());
    }

    /// The connection that `request` came on.
    pub(super) fn of(request: &ServiceRequest) -> Self {
        request.request().conn_data::<Self>().cloned().unwrap_or_default()
    }

    /// Whether the connection had ended before `request` came; it ends with one that says so.
    pub(super) fn had_ended(&self, request: &ServiceRequest) -> bool {
        self.ended.fetch_or(request.head().connection_type() == ConnectionType::Close, Ordering::Relaxed)
    }

    /// The connection ends with a `reply` that says so.
    pub(super) fn note(&self, reply: &HttpResponse) {
        if reply.head().connection_type() == ConnectionType::Close {
            self.ended.store(true, Ordering::Relaxed);
        }
    }
}
