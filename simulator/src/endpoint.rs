//! From method and raw path to the call that is meant.

use percent_encoding::percent_decode_str;

use crate::Operation;

const ROOT: &str = "/CentagateWS/webresources/";
const ADMIN_CALLS: [(&str, Operation); 2] = [
    ("user/registerUserActivate/", Operation::RegisterUser),
    ("device/register/onetimepin/", Operation::RegisterOneTimePin),
];

/// What a request line leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A call of a known operation by the admin who is named in the path.
    Call(Operation, String),
    /// The path exists, with this method alone.
    MethodNotAllowed(&'static str),
    /// Nothing is there.
    NotFound,
}

impl Endpoint {
    /// Reads the raw path: one trailing slash is accepted, the admin's segment is percent-decoded once.
    pub(crate) fn of(method: &str, path: &str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let Some(call) = path.strip_prefix(ROOT) else {
            return Self::NotFound;
        };
        let Some((operation, segment)) =
            ADMIN_CALLS.iter().find_map(|(prefix, operation)| Some((*operation, call.strip_prefix(prefix)?)))
        else {
            return Self::NotFound;
        };
        if segment.is_empty() || segment.contains('/') {
            return Self::NotFound;
        }
        if method != "PUT" {
            return Self::MethodNotAllowed("PUT");
        }
        let admin = percent_decode_str(segment).decode_utf8_lossy().into_owned();
        Self::Call(operation, admin)
    }
}
