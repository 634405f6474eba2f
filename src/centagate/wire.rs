//! The vendor's spelling: member names (lower camel case) and values (all of them strings).
//!
//! No type here is `Debug`: each holds the cenToken.

use bytes::Bytes;
use secrecy::ExposeSecret;
use serde::Serialize;

use super::Session;
use crate::domain::{NewOtpToken, NewUser, OtpTokenStatus, Role, Username};

/// The body of `user/registerUserActivate` (vendor page "User Registration API", parameters 1 to 15).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisterUserActivate<'a> {
    first_name: &'a str,
    last_name: &'a str,
    username: &'a str,
    user_app: &'a str,
    user_unique_id: &'a str,
    user_client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data1: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data2: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data3: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data4: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_additional_data5: Option<&'a str>,
    roles: &'static str,
    user_group: &'a str,
    user_email: &'a str,
    cen_token: &'a str,
}

impl<'a> RegisterUserActivate<'a> {
    pub(super) fn new(user: &'a NewUser, session: &'a Session) -> Self {
        let additional_data = |index: usize| user.additional_data.get(index).map(crate::domain::Text::as_str);
        Self {
            first_name: user.first_name.as_str(),
            last_name: user.last_name.as_str(),
            username: user.username.as_str(),
            user_app: user.app.as_str(),
            user_unique_id: user.unique_id.as_str(),
            user_client_id: user.client_id.as_str(),
            user_additional_data1: additional_data(0),
            user_additional_data2: additional_data(1),
            user_additional_data3: additional_data(2),
            user_additional_data4: additional_data(3),
            user_additional_data5: additional_data(4),
            roles: match user.role {
                Role::CompanyAdmin => "2",
                Role::User => "3",
                Role::GroupAdmin => "4",
            },
            user_group: user.group.as_str(),
            user_email: user.email.as_str(),
            cen_token: session.cen_token.expose_secret(),
        }
    }
}

/// The body of `device/register/onetimepin` (vendor page "Token Registration (One Time Pin) API", parameters 1 to 4).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RegisterOneTimePin<'a> {
    username: &'a str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    validity: Option<String>,
    cen_token: &'a str,
}

impl<'a> RegisterOneTimePin<'a> {
    pub(super) fn new(token: &'a NewOtpToken, session: &'a Session) -> Self {
        Self {
            username: token.username.as_str(),
            status: match token.status {
                OtpTokenStatus::Pending => "1",
                OtpTokenStatus::Valid => "2",
                OtpTokenStatus::TemporarilyDeactivated => "3",
                OtpTokenStatus::Deactivated => "4",
            },
            validity: token.validity.map(|validity| validity.get().to_string()),
            cen_token: session.cen_token.expose_secret(),
        }
    }
}

/// The body of `user/auth/list` (vendor page "Request List of User Bound Authentication Methods API", parameters 1 and 2).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListAuthentication<'a> {
    username: &'a str,
    cen_token: &'a str,
}

impl<'a> ListAuthentication<'a> {
    pub(super) fn new(username: &'a Username, session: &'a Session) -> Self {
        Self { username: username.as_str(), cen_token: session.cen_token.expose_secret() }
    }
}

/// A body as JSON.
pub(super) fn json(body: &impl Serialize) -> Bytes {
    let mut json = Vec::with_capacity(512); // as much as most need, at once
    serde_json::to_writer(&mut json, body).expect("structs of strings serialize");
    json.into()
}
