//! The calls that the simulator knows.

use serde::{Deserialize, Serialize};

/// One call of `CentagateWS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Operation {
    /// `user/registerUserActivate`: page "User Registration API".
    RegisterUser,
    /// `device/register/onetimepin`: page "Token Registration (One Time Pin) API".
    RegisterOneTimePin,
    /// `user/auth/list`: page "Request List of User Bound Authentication Methods API".
    ListAuthentication,
    /// `auth/authBasic`, v1 and v2.
    Login,
    /// `auth/logout`.
    Logout,
}
