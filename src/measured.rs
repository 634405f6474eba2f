//! What `bench/micro.rs` measures in rooms that are private; no part of the interface.

use bytes::Bytes;

use crate::api::{ApiError, parse_user};
use crate::centagate::{self, Error, ReturnCode};
use crate::domain::{CreatedUser, NewUser};
use crate::settings::UserSettings;

/// Reads CENTAGATE's reply to a registration; nothing where it is a refusal or cannot be read.
pub fn created_user(reply: &[u8]) -> Option<CreatedUser> {
    Some(centagate::created_user(centagate::decode(reply).ok()?.ok()?).value)
}

/// Reads the body of `POST /users`; nothing where it breaks a rule.
pub fn new_user(body: &Bytes, defaults: &UserSettings) -> Option<NewUser> {
    parse_user(body, defaults).ok()
}

/// The problem document for a refusal of CENTAGATE's with this code.
pub fn problem(code: i64, request_id: &str) -> Vec<u8> {
    ApiError::from(&Error::Refused(ReturnCode::new(code))).document(request_id)
}
