use actix_web::HttpResponseBuilder;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};

/// Scripts, styles and data from here alone, no frames around it. Swagger UI sets styles from its scripts and in its markup,
/// hence `unsafe-inline` for styles; its pictures are data URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Adds what browsers need to protect a page of ours.
pub(super) fn protect(reply: &mut HttpResponseBuilder) {
    reply.insert_header((CONTENT_SECURITY_POLICY, POLICY));
    reply.insert_header((X_FRAME_OPTIONS, "DENY"));
    reply.insert_header((REFERRER_POLICY, "no-referrer"));
}
