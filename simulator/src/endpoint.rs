//! From method and raw path to the call that is meant.

use percent_encoding::percent_decode_str;

use crate::Operation;

const ROOT: &str = "/CentagateWS/webresources/";
const ADMIN_CALLS: [(&str, Operation); 3] = [
    ("user/registerUserActivate/", Operation::RegisterUser),
    ("device/register/onetimepin/", Operation::RegisterOneTimePin),
    ("user/auth/list/", Operation::ListAuthentication),
];
const AUTHENTICATION_CALLS: [(&str, Operation); 3] = [
    ("/CentagateWS/webresources/auth/authBasic", Operation::Login),
    ("/v2/CentagateWS/webresources/auth/authBasic", Operation::Login),
    ("/CentagateWS/webresources/auth/logout", Operation::Logout),
];

/// What a request line leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A call of a known operation, and the admin where the path names one.
    Call(Operation, Option<String>),
    /// The path exists, with this method alone.
    MethodNotAllowed(&'static str),
    /// Nothing is there.
    NotFound,
}

impl Endpoint {
    /// Reads the raw path: one trailing slash is accepted, the admin's segment is percent-decoded once.
    pub(crate) fn of(method: &str, path: &str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        if let Some((_, operation)) = AUTHENTICATION_CALLS.iter().find(|(known, _)| *known == path) {
            return match method {
                "POST" => Self::Call(*operation, None),
                _ => Self::MethodNotAllowed("POST"),
            };
        }
        let admin_call = path.strip_prefix(ROOT).and_then(|call| {
            ADMIN_CALLS.iter().find_map(|(prefix, operation)| Some((*operation, call.strip_prefix(prefix)?)))
        });
        match admin_call {
            Some((_, segment)) if segment.is_empty() || segment.contains('/') => Self::NotFound,
            Some((operation, segment)) if method == "PUT" => {
                let admin = percent_decode_str(segment).decode_utf8_lossy();
                Self::Call(operation, Some(admin.into_owned()))
            }
            Some(_) => Self::MethodNotAllowed("PUT"),
            None => Self::NotFound,
        }
    }
}
