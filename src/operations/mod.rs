//! The table of operations. Each file holds the caller's side of one operation; `centagate/calls` holds the vendor's side.

pub(crate) mod configuration;
mod create_user;
mod get_token_status;
mod get_user;
mod operation;
mod register_otp_token;
mod reply;
mod set_token_status;
mod spec;
mod token_reply;
mod unlock_hardware_token;
mod unlock_user;
mod unregister_token;
mod user_reply;

pub use crate::api::input::Body;
pub use configuration::UserSettings;
pub use operation::Row;
pub(crate) use operation::{Operation, Request};
pub(crate) use reply::Reply;
pub use spec::{Content, Docs, Method, Schema, Spec, Switch, TargetLimit};

use crate::centagate::{
    CreateUser, GetTokenStatus, GetUser, RegisterOtpToken, SetTokenStatus, UnlockHardwareToken, UnlockUser,
    UnregisterToken,
};

/// Every operation. New operations go to the end.
pub static TABLE: &[Row] = &[
    Row::of::<CreateUser>(),
    Row::of::<RegisterOtpToken>(),
    Row::of::<GetUser>(),
    Row::of::<UnlockUser>(),
    Row::of::<GetTokenStatus>(),
    Row::of::<SetTokenStatus>(),
    Row::of::<UnregisterToken>(),
    Row::of::<UnlockHardwareToken>(),
];
