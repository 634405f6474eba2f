use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::credentials::LoginCredentials;
use super::refusal::LoginRefusal;
use crate::centagate::call::{Call, ConnectionKind};
use crate::centagate::reply::parsed;
use crate::centagate::signing::hmac_hex;
use crate::centagate::transport::{self, Reply, Times};
use crate::centagate::{Error, Unreadable};
use crate::domain::Username;

/// The longest time for a login or a logout once it is sent; some installations take seconds to check a password.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The times of a login or a logout that begins now.
fn times() -> Times {
    Times { send_by: Instant::now() + TIMEOUT, reply_within: TIMEOUT }
}

/// Where an admin logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthApi {
    /// `/CentagateWS/webresources/auth/authBasic`.
    V1,
    /// `/v2/CentagateWS/webresources/auth/authBasic`.
    V2,
}

/// A session that a login opened.
pub(in crate::centagate) struct Grant {
    pub(super) auth_token: SecretString,
    pub(super) secret_code: SecretString,
    /// How long the session lives, if CENTAGATE said so.
    pub(super) timeout: Option<Duration>,
}

/// Why a login brought no session.
#[derive(Debug)]
pub(in crate::centagate) enum LoginFailure {
    /// CENTAGATE said no, or not yet.
    Refused(LoginRefusal),
    /// No answer that can be read.
    Failed(Error),
}

/// Opens and ends sessions; a trait, so that the keeper's rules can be tested without a network.
pub(in crate::centagate) trait Authenticator: Send + Sync + 'static {
    fn log_in(
        &self,
        credentials: LoginCredentials,
    ) -> impl Future<Output = Result<Grant, LoginFailure>> + Send + 'static;
    fn log_out(
        &self,
        credentials: LoginCredentials,
        auth_token: SecretString,
    ) -> impl Future<Output = ()> + Send + 'static;
}

/// Logs in over HTTP, with a client of its own: logins wait for no other call.
pub(in crate::centagate) struct HttpAuthenticator {
    pub(in crate::centagate) http: crate::centagate::http::HttpClient,
    pub(in crate::centagate) admin_username: Username,
    pub(in crate::centagate) log_in_path: PathAndQuery,
    pub(in crate::centagate) log_out_path: PathAndQuery,
}

/// The body of `auth/authBasic`. The four optional members are empty, so that both documented orders of the hmac's text
/// agree (the vendor's documents contradict each other).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthBasic<'a> {
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

/// The body of `auth/logout` (vendor's API reference 3.1.1.22).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logout<'a> {
    username: &'a str,
    integration_key: &'a str,
    unix_timestamp: &'a str,
    auth_token: &'a str,
    hmac: &'a str,
}

impl Authenticator for HttpAuthenticator {
    fn log_in(
        &self,
        credentials: LoginCredentials,
    ) -> impl Future<Output = Result<Grant, LoginFailure>> + Send + 'static {
        let unix_timestamp = unix_timestamp();
        let username = self.admin_username.as_str();
        let password = credentials.password.expose_secret();
        let integration_key = credentials.integration_key.expose_secret();
        let hmac = hmac_hex(&credentials.app_secret_key, &[username, password, integration_key, &unix_timestamp]);
        let body = json(&AuthBasic {
            username,
            password,
            integration_key,
            unix_timestamp: &unix_timestamp,
            support_fido: "",
            ip_address: "",
            user_agent: "",
            browser_fp: "",
            hmac: hmac.expose_secret(),
        });
        let (http, path) = (self.http.load(), self.log_in_path.clone());
        async move {
            let call = post(path, body, ConnectionKind::Dedicated);
            let reply = transport::send(&http, &call, times()).await;
            decode(reply.map_err(LoginFailure::Failed)?)
        }
    }

    fn log_out(
        &self,
        credentials: LoginCredentials,
        auth_token: SecretString,
    ) -> impl Future<Output = ()> + Send + 'static {
        let unix_timestamp = unix_timestamp();
        let username = self.admin_username.as_str();
        let integration_key = credentials.integration_key.expose_secret();
        let auth_token = auth_token.expose_secret();
        let hmac = hmac_hex(&credentials.app_secret_key, &[username, integration_key, &unix_timestamp, auth_token]);
        let body = json(&Logout {
            username,
            integration_key,
            unix_timestamp: &unix_timestamp,
            auth_token,
            hmac: hmac.expose_secret(),
        });
        let (http, path) = (self.http.load(), self.log_out_path.clone());
        async move {
            // Whatever comes back, the session ends by its own timeout at the latest.
            let call = post(path, body, ConnectionKind::Shared);
            let _ = transport::send(&http, &call, times()).await;
        }
    }
}

fn json(body: &impl Serialize) -> Bytes {
    serde_json::to_vec(body).expect("structs of strings serialize").into()
}

fn post(path: PathAndQuery, body: Bytes, connection: ConnectionKind) -> Call {
    Call { method: Method::POST, path, body, connection }
}

/// Reads the reply to a login: an `object` of JSON text whose scalar members are strings (wire facts, section 2.3).
fn decode(reply: Reply) -> Result<Grant, LoginFailure> {
    let object = reply.object.map_err(|code| {
        LoginFailure::Refused(LoginRefusal::from_code(code.get(), ahead_seconds(reply.date.as_ref())))
    })?;
    let Value::Object(mut members) = parsed(object) else {
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

/// The names of factors in `list`, as far as they are names: what CENTAGATE sent goes into the log.
fn factors(list: &str) -> String {
    list.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == ',').take(200).collect()
}

/// How far the clock behind a reply's `Date` is ahead of ours.
fn ahead_seconds(date: Option<&HeaderValue>) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::parse(date?.to_str().ok()?).ok()?;
    Some(theirs.timestamp().as_second() - jiff::Timestamp::now().as_second())
}

/// Seconds, as text (wire facts, section 2.1).
fn unix_timestamp() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().to_string()
}
