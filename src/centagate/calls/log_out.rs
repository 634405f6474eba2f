//! `auth/logout`: ends a session (vendor's API reference 3.1.1.22).

use bytes::Bytes;
use http::Method;
use http::uri::PathAndQuery;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::centagate::http::{ConnectionKind, UpstreamRequest};
use crate::centagate::session::LoginCredentials;
use crate::centagate::signing::{hmac_hex, unix_timestamp};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    username: &'a str,
    integration_key: &'a str,
    unix_timestamp: &'a str,
    auth_token: &'a str,
    hmac: &'a str,
}

/// The request that ends the session of `username` with `auth_token`.
pub(in crate::centagate) fn request(
    username: &str,
    credentials: &LoginCredentials,
    auth_token: &SecretString,
) -> UpstreamRequest {
    let unix_timestamp = unix_timestamp();
    let integration_key = credentials.integration_key.expose_secret();
    let auth_token = auth_token.expose_secret();
    let hmac = hmac_hex(&credentials.app_secret_key, &[username, integration_key, &unix_timestamp, auth_token]);
    let body =
        Body { username, integration_key, unix_timestamp: &unix_timestamp, auth_token, hmac: hmac.expose_secret() };
    UpstreamRequest {
        method: Method::POST,
        path: PathAndQuery::from_static("/CentagateWS/webresources/auth/logout"),
        body: Bytes::from(serde_json::to_vec(&body).expect("structs of strings serialize")),
        connection: ConnectionKind::Shared,
    }
}
