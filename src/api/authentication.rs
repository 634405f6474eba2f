//! Who is calling: the credential, the scope and the rate of a request.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::gateway::Gateway;
use super::problems::{ApiError, Problem};
use super::record::RequestRecord;
use crate::callers::jwt::{Unidentified, Verifier};
use crate::callers::{Caller, Scope};

/// The reasons for a 401, as the log line of the request states them.
const NO_CREDENTIAL: &str = "the request does not have exactly one Authorization header with a bearer token";
const UNKNOWN_KEY: &str = "the caller key is unknown or has expired";

/// Identifies the caller by the request's one credential, checks the scope, and counts the request against the rate limit.
///
/// # Errors
/// If there is no valid credential, the caller lacks `scope`, or the caller exceeds its rate limit.
pub(super) async fn authorize(
    request: &HttpRequest,
    gateway: &Gateway,
    record: &RequestRecord,
    scope: Scope,
) -> Result<Arc<Caller>, ApiError> {
    let refused = |reason: &'static str| {
        record.credential_fault(reason);
        Problem::Unauthenticated
    };
    let credential = credential(request).ok_or_else(|| refused(NO_CREDENTIAL))?;
    let callers = gateway.callers.load_full();
    let caller = match &gateway.jwt_verifier {
        Some(verifier) if Verifier::is_token(credential) => {
            let deadline = record.started() + gateway.limits.request_timeout;
            verifier.identify(credential, &callers, deadline).await.map_err(|unidentified| match unidentified {
                Unidentified::Refused(refusal) => refused(refusal.as_str()),
                Unidentified::NoKeys => Problem::IdentityUnavailable,
            })?
        }
        _ => callers.find(credential).ok_or_else(|| refused(UNKNOWN_KEY))?,
    };
    record.caller(&caller.name);
    // Counted before the scope is checked, so that every authenticated reply has `RateLimit`. A missing scope still wins.
    let within_limit = gateway.enforce(gateway.rate_limits.request(&caller.name), record);
    caller.allows_scope(scope)?;
    within_limit?;
    Ok(caller)
}

/// The bearer token of the only `Authorization` header (RFC 6750, section 2.1). Its format is not checked.
fn credential(request: &HttpRequest) -> Option<&[u8]> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else { return None };
    let (scheme, token) = header.as_bytes().split_at_checked("Bearer ".len())?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}
