//! Private functions that `bench/micro.rs` measures. Not part of the interface.

use bytes::Bytes;

use crate::api::ApiError;
use crate::api::input::{Body, Input, body};
use crate::centagate::{self, Call, CreateUser, CreatedUser, Error, ReturnCode};
use crate::operations::{Operation, TABLE, UserSettings};

/// Reads CENTAGATE's reply to a registration. `None` if it is a refusal or unreadable.
pub fn created_user(reply: &[u8]) -> Option<CreatedUser> {
    Some(CreateUser::decode(centagate::decode(reply).ok()?.ok()?).value)
}

/// Reads the body of `POST /users`. `None` if it breaks a rule.
pub fn new_user(request: &Bytes, defaults: &UserSettings) -> Option<CreateUser> {
    let members = body::members(request, Body::Required).ok()?;
    let mut input = Input::new(Vec::new(), members, false);
    let user = CreateUser::read(&mut input, defaults);
    input.finish().ok()?;
    user
}

/// The problem document for a refusal with this code.
pub fn problem(code: i64, request_id: &str) -> Vec<u8> {
    ApiError::of_call(&TABLE[0], &Error::Refused(ReturnCode::new(code))).document(request_id)
}
