use super::call::ConnectionKind;

/// A call of CentagateWS that the gateway makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `user/registerUserActivate` (vendor page "User Registration API").
    RegisterUser,
    /// `device/register/onetimepin` (vendor page "Token Registration (One Time Pin) API").
    RegisterOneTimePin,
    /// `user/auth/list` (vendor page "Request List of User Bound Authentication Methods API").
    ListAuthentication,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RegisterUser, Self::RegisterOneTimePin, Self::ListAuthentication];

    /// The operation's name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RegisterUser => "register_user",
            Self::RegisterOneTimePin => "register_one_time_pin",
            Self::ListAuthentication => "list_authentication",
        }
    }

    /// Which connection may carry it.
    pub(super) fn connection(self) -> ConnectionKind {
        match self {
            Self::RegisterUser => ConnectionKind::Shared,
            Self::RegisterOneTimePin | Self::ListAuthentication => ConnectionKind::Dedicated,
        }
    }
}
