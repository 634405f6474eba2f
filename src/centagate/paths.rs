use http::uri::PathAndQuery;

use super::session::AuthApi;
use super::{Operation, percent_encode_segment};
use crate::domain::Username;

/// The paths of the operations of one admin, made once.
#[derive(Debug)]
pub(super) struct Paths {
    register_user: PathAndQuery,
    register_one_time_pin: PathAndQuery,
    list_authentication: PathAndQuery,
}

impl Paths {
    pub(super) fn new(admin: &Username) -> Self {
        let admin = percent_encode_segment(admin.as_str());
        let of_admin = |operation: &str| path(&format!("/CentagateWS/webresources/{operation}/{admin}"));
        Self {
            register_user: of_admin("user/registerUserActivate"),
            register_one_time_pin: of_admin("device/register/onetimepin"),
            list_authentication: of_admin("user/auth/list"),
        }
    }

    pub(super) fn of(&self, operation: Operation) -> &PathAndQuery {
        match operation {
            Operation::RegisterUser => &self.register_user,
            Operation::RegisterOneTimePin => &self.register_one_time_pin,
            Operation::ListAuthentication => &self.list_authentication,
        }
    }
}

pub(super) fn log_in(api: AuthApi) -> PathAndQuery {
    path(match api {
        AuthApi::V1 => "/CentagateWS/webresources/auth/authBasic",
        AuthApi::V2 => "/v2/CentagateWS/webresources/auth/authBasic",
    })
}

pub(super) fn log_out() -> PathAndQuery {
    path("/CentagateWS/webresources/auth/logout")
}

fn path(path: &str) -> PathAndQuery {
    path.parse().expect("percent-encoded segments are a path")
}
