use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use super::problem::Problem;
use super::request_record::RequestRecord;
use super::{ApiError, Gateway};
use crate::callers::jwt::{Unidentified, Verifier};
use crate::callers::{Caller, Scope};

/// Reasons for a 401 in the request's log line.
const NO_CREDENTIAL: &str = "the request does not have exactly one Authorization header with a bearer token";
const UNKNOWN_KEY: &str = "the caller key is unknown or has expired";

/// The caller that the request's one credential belongs to, if it has the right to do what `scope` allows.
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
    // Counted before the scope is looked at, so that every authenticated reply can say what is left; a missing scope
    // still comes first.
    let within_limit = gateway.within(gateway.rate_limits.request(&caller.name), record);
    caller.allows_scope(scope)?;
    within_limit?;
    Ok(caller)
}

/// The bearer token of the only `Authorization` header (RFC 6750, section 2.1), as bytes: no format is checked.
fn credential(request: &HttpRequest) -> Option<&[u8]> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (Some(header), None) = (headers.next(), headers.next()) else { return None };
    let (scheme, token) = header.as_bytes().split_at_checked("Bearer ".len())?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"Bearer ") && !token.is_empty()).then_some(token)
}
