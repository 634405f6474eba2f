//! `auth/authBasic`: opens a session (vendor's API reference 3.1.1.1).

use std::time::Duration;

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;

use crate::centagate::error::{Error, Unreadable};
use crate::centagate::http::{ConnectionKind, Reply, UpstreamRequest};
use crate::centagate::object::parse_embedded;
use crate::centagate::session::{LoginCredentials, LoginRefusal};
use crate::centagate::signing::{hmac_hex, unix_timestamp};

/// The version of the login API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthApi {
    /// `/CentagateWS/webresources/auth/authBasic`.
    V1,
    /// `/v2/CentagateWS/webresources/auth/authBasic`.
    V2,
}

/// A session that a login opened.
pub(in crate::centagate) struct Grant {
    pub(in crate::centagate) auth_token: SecretString,
    pub(in crate::centagate) secret_code: SecretString,
    /// The lifetime of the session, if the reply had one.
    pub(in crate::centagate) timeout: Option<Duration>,
}

/// Why a login opened no session.
#[derive(Debug)]
pub(in crate::centagate) enum LoginFailure {
    /// CENTAGATE refused the login, or requires another step first.
    Refused(LoginRefusal),
    /// There was no readable reply.
    Failed(Error),
}

/// The members of the body. The four optional members are empty: the vendor's documents contradict each other about the
/// text that is signed, and with empty members both versions agree.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    username: &'a str,
    password: &'a str,
    integration_key: &'a str,
    unix_timestamp: &'a str,
    support_fido: &'static str,
    ip_address: &'static str,
    user_agent: &'static str,
    browser_fp: &'static str,
    hmac: &'a str,
}

/// The request that logs `username` in.
pub(in crate::centagate) fn request(api: AuthApi, username: &str, credentials: &LoginCredentials) -> UpstreamRequest {
    let unix_timestamp = unix_timestamp();
    let password = credentials.password.expose_secret();
    let integration_key = credentials.integration_key.expose_secret();
    let hmac = hmac_hex(&credentials.app_secret_key, &[username, password, integration_key, &unix_timestamp]);
    let body = Body {
        username,
        password,
        integration_key,
        unix_timestamp: &unix_timestamp,
        support_fido: "",
        ip_address: "",
        user_agent: "",
        browser_fp: "",
        hmac: hmac.expose_secret(),
    };
    UpstreamRequest {
        method: Method::POST,
        path: PathAndQuery::from_static(match api {
            AuthApi::V1 => "/CentagateWS/webresources/auth/authBasic",
            AuthApi::V2 => "/v2/CentagateWS/webresources/auth/authBasic",
        }),
        body: Bytes::from(serde_json::to_vec(&body).expect("structs of strings serialize")),
        connection: ConnectionKind::Dedicated,
    }
}

/// Reads the reply: its `object` is JSON text, and the members in it are strings (wire facts, section 2.3).
pub(in crate::centagate) fn decode(reply: Reply) -> Result<Grant, LoginFailure> {
    let object = reply.object.map_err(|code| {
        LoginFailure::Refused(LoginRefusal::from_code(code.get(), ahead_seconds(reply.date.as_ref())))
    })?;
    let Value::Object(mut members) = parse_embedded(object) else {
        return Err(LoginFailure::Failed(Error::Unreadable(Unreadable::NoSession)));
    };
    let has_secret_code = members.contains_key("secretCode");
    let mut text = |name: &str| match members.remove(name) {
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    };
    let is_set = |flag: String| matches!(flag.as_str(), "1" | "true");
    let (auth_token, secret_code) = (text("authToken"), text("secretCode"));
    if !auth_token.is_empty() && !secret_code.is_empty() {
        let milliseconds = text("sessionTimeout").trim().parse().ok().filter(|&milliseconds| milliseconds > 0);
        return Ok(Grant {
            auth_token: auth_token.into(),
            secret_code: secret_code.into(),
            timeout: milliseconds.map(Duration::from_millis),
        });
    }
    Err(if is_set(text("passwordExpired")) {
        LoginFailure::Refused(LoginRefusal::PasswordExpired)
    } else if is_set(text("useSystemPassword")) {
        LoginFailure::Refused(LoginRefusal::SystemPassword)
    } else if has_secret_code && secret_code.is_empty() {
        LoginFailure::Refused(LoginRefusal::SecondFactorPending { auth_methods: factors(&text("authMethods")) })
    } else {
        LoginFailure::Failed(Error::Unreadable(Unreadable::NoSession))
    })
}

/// The names of the factors in `list`. Other characters are removed, because the names go into the log.
fn factors(list: &str) -> String {
    list.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == ',').take(200).collect()
}

/// How many seconds the clock that set the reply's `Date` is ahead of ours.
fn ahead_seconds(date: Option<&HeaderValue>) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::parse(date?.to_str().ok()?).ok()?;
    Some(theirs.timestamp().as_second() - jiff::Timestamp::now().as_second())
}
