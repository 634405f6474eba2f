//! Security headers of pages for browsers.

use actix_web::HttpResponseBuilder;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};

/// Allows scripts, styles and data of the same origin only, and no frames. Swagger UI sets inline styles, hence
/// `unsafe-inline`; its images are data URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds the headers that protect a page in a browser.
pub(super) fn protect(reply: &mut HttpResponseBuilder) {
    reply.insert_header((CONTENT_SECURITY_POLICY, POLICY));
    reply.insert_header((X_FRAME_OPTIONS, "DENY"));
    reply.insert_header((REFERRER_POLICY, "no-referrer"));
}
