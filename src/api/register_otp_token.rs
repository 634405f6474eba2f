use std::sync::Arc;

use actix_web::web::{self, Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::created::Created;
use super::idempotency::once;
use super::idempotency_key::IdempotencyKey;
use super::json::Json;
use super::request_record::RequestRecord;
use super::{ApiError, Gateway, authentication, body, exchange, members, path};
use crate::callers::Scope;
use crate::centagate::Operation;
use crate::domain::{NewOtpToken, OtpTokenStatus, RegisteredOtpToken, ValiditySeconds};

/// An OTP token to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `parse` reads; the two are compared by a test")]
pub(crate) struct RegisterOtpTokenRequest {
    /// The state to register the token in.
    status: OtpTokenStatusWord,
    /// How long the passcode is valid, in seconds; 300 where it is absent (CENTAGATE's default).
    #[schema(minimum = 1, maximum = 86400, example = 600)]
    validity_seconds: Option<u32>,
}

/// The state of an OTP token.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OtpTokenStatus)]
pub(crate) enum OtpTokenStatusWord {
    /// Waiting for its user.
    Pending,
    /// Ready to log in with.
    Valid,
    /// Switched off for a while.
    TemporarilyDeactivated,
    /// Switched off.
    Deactivated,
}

/// An OTP token that was registered. `passcode` and `qr` are secrets.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegisteredOtpToken)]
pub(crate) struct RegisteredOtpTokenReply<'a> {
    /// Whose token it is.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// The state that the token was registered in.
    #[schema(value_type = OtpTokenStatusWord)]
    status: &'static str,
    /// How long the passcode is valid, in seconds, as requested; null if the request did not say.
    #[schema(required, example = 600)]
    validity_seconds: Option<u32>,
    /// The passcode to log in with; null if CENTAGATE sent none.
    #[schema(required, value_type = Option<String>, format = Password, example = "482913")]
    passcode: Option<&'a str>,
    /// The content of a QR code that enrols the token; null if CENTAGATE sent none.
    #[schema(required, value_type = Option<String>, format = Password, example = "wtxIcRUTPbf4B/Sm4NZcR7+xlyq2+A6Z")]
    qr: Option<&'a str>,
}

/// Register an OTP token for a user
///
/// Registers a one-time PIN token for an existing, active user and answers its passcode: whoever may do this can take
/// over any account that the gateway's admin reaches. Needs the scope `otp-tokens:create`. The gateway's own admin is
/// never a target.
#[utoipa::path(
    post,
    path = "/users/{id}/otp-token",
    operation_id = "registerOtpToken",
    tag = "OTP tokens",
    params((
        "id" = String, Path,
        description = "The user's name: 1 to 255 characters, no control characters (U+0000 to U+001F, U+007F to U+009F; the pattern can only check the ASCII ones), not . or ..; in the URL percent-encoded once",
        min_length = 1, max_length = 255, example = "alice"
    )),
    request_body(
        content = RegisterOtpTokenRequest,
        description = "The token to register; unknown members are refused",
        example = json!({ "status": "valid", "validitySeconds": 600 })
    ),
    responses((
        status = 201,
        description = "The token is registered",
        body = RegisteredOtpTokenReply<'_>,
        example = json!({
            "username": "alice",
            "status": "valid",
            "validitySeconds": 600,
            "passcode": "482913",
            "qr": "wtxIcRUTPbf4B/Sm4NZcR7+xlyq2+A6Z"
        })
    )),
    security(("callerKey" = [])),
)]
pub(super) async fn register_otp_token(
    request: HttpRequest,
    payload: Payload,
    gateway: web::Data<Gateway>,
    record: web::ReqData<Arc<RequestRecord>>,
) -> Result<HttpResponse, ApiError> {
    let caller = authentication::authorize(&request, &gateway, &record, Scope::OtpTokensCreate).await?;
    let body = body::read(&request, payload, &gateway.limits, record.started()).await?;
    let token = parse(request.uri().path(), &gateway.base_path, &body)?;
    gateway.refuse_own_admin(&token.username)?;
    caller.allows_target(&token.username)?;
    caller.allows_otp_token_status(token.status)?;
    let key = IdempotencyKey::of(&request)?;
    let action = record.action(Operation::RegisterOneTimePin, Scope::OtpTokensCreate, &token.username);
    let registered = exchange::run(&gateway, &record, action, |exchange| async move {
        let target = [token.username.as_str()];
        let (request, token, exchange) = (exchange.repeatable(key.as_ref(), &target, &body), &token, &exchange);
        let within_limit = || {
            let verdict = exchange.gateway.rate_limits.otp_token(&exchange.action.caller, &token.username);
            exchange.gateway.within(verdict, &exchange.record)
        };
        once(exchange, request, within_limit, |turn, watch| async move {
            let asked = Instant::now();
            let registered = exchange.gateway.centagate.register_otp_token(turn, token, &watch).await?;
            Ok(reply(token, &exchange.told(registered), asked))
        })
        .await
    });
    registered.await.map(HttpResponse::from)
}

/// The reply to a token that was asked for at that time; its secrets are valid from then on at the latest.
fn reply(token: &NewOtpToken, registered: &RegisteredOtpToken, asked: Instant) -> Created {
    let body = RegisteredOtpTokenReply {
        username: token.username.as_str(),
        status: token.status.as_str(),
        validity_seconds: token.validity.map(ValiditySeconds::get),
        passcode: registered.passcode.as_ref().map(ExposeSecret::expose_secret),
        qr: registered.qr.as_ref().map(ExposeSecret::expose_secret),
    };
    let has_secrets = body.passcode.is_some() || body.qr.is_some();
    let validity = token.validity.unwrap_or(ValiditySeconds::DEFAULT).duration();
    Created::new(None, &body, has_secrets.then(|| validity.saturating_sub(asked.elapsed())))
}

/// Reads path and body by the contract's rules.
fn parse(path: &str, base_path: &str, body: &Bytes) -> Result<NewOtpToken, ApiError> {
    let mut members = body::members(body)?;
    let username = path::user_id(path, base_path).map_err(|fault| members.fault(fault)).ok();
    let words = "pending, valid, temporarilyDeactivated, deactivated";
    let status = members.required("status", members::word(OtpTokenStatus::from_word, words));
    let validity = members.optional("validitySeconds", |value| match value {
        Json::Integer(seconds) => ValiditySeconds::new(seconds).ok_or(VALIDITY.into()),
        _ => Err(VALIDITY.into()),
    });
    members.finish().map_err(ApiError::invalid)?;
    let token = || Some(NewOtpToken { username: username?, status: status?, validity });
    token().ok_or_else(|| super::Problem::Internal.into())
}

const VALIDITY: &str = "must be a whole number from 1 to 86400";
