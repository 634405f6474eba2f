//! Private functions that `bench/micro.rs` measures. Not part of the public interface.

use bytes::Bytes;

use crate::api::{ApiError, UserSettings, parse_user};
use crate::centagate::{self, Error, ReturnCode};
use crate::domain::{CreatedUser, NewUser};

/// Decodes CENTAGATE's reply to a registration. Returns `None` for a refusal or an unreadable reply.
pub fn created_user(reply: &[u8]) -> Option<CreatedUser> {
    Some(centagate::created_user(centagate::decode(reply).ok()?.ok()?).value)
}

/// Parses the body of `POST /users`. Returns `None` if it is invalid.
pub fn new_user(body: &Bytes, defaults: &UserSettings) -> Option<NewUser> {
    parse_user(body, defaults).ok()
}

/// Builds the problem document for a refusal by CENTAGATE with this return code.
pub fn problem(code: i64, request_id: &str) -> Vec<u8> {
    ApiError::from(&Error::Refused(ReturnCode::new(code))).document(request_id)
}
