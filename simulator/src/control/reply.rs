//! The reply to a successful command.

use actix_web::HttpResponse;

pub(super) fn done() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
