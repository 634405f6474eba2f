//! The table of operations. Each file holds the caller's side of one operation; `centagate/calls` holds the vendor's side.

pub(crate) mod configuration;
mod create_user;
mod delete_user;
mod get_token_status;
mod get_user;
mod operation;
mod register_certificate;
mod register_hardware_token;
mod register_offline_token;
mod register_otp_token;
mod register_sms_token;
mod reply;
mod set_password;
mod set_token_status;
mod set_user_status;
mod spec;
mod sync_hardware_token;
mod token_reply;
mod unlock_hardware_token;
mod unlock_user;
mod unregister_token;
mod update_user;
mod user_reply;

pub use crate::api::input::Body;
pub use configuration::UserSettings;
pub use operation::Row;
pub(crate) use operation::{Operation, Request};
pub(crate) use reply::Reply;
pub use spec::{Content, Docs, Method, Schema, Spec, Switch, TargetLimit};

use crate::centagate::{
    CreateUser, DeleteUser, GetTokenStatus, GetUser, RegisterCertificate, RegisterHardwareToken, RegisterOfflineToken,
    RegisterOtpToken, RegisterSmsToken, SetPassword, SetTokenStatus, SetUserStatus, SyncHardwareToken,
    UnlockHardwareToken, UnlockUser, UnregisterToken, UpdateUser,
};

/// Every operation, in the order of a user's life. The contract and Swagger UI list them in this order, by path.
pub static TABLE: &[Row] = &[
    Row::of::<CreateUser>(),
    Row::of::<GetUser>(),
    Row::of::<UpdateUser>(),
    Row::of::<SetUserStatus>(),
    Row::of::<UnlockUser>(),
    Row::of::<DeleteUser>(),
    Row::of::<SetPassword>(),
    Row::of::<RegisterOtpToken>(),
    Row::of::<RegisterSmsToken>(),
    Row::of::<RegisterHardwareToken>(),
    Row::of::<RegisterCertificate>(),
    Row::of::<RegisterOfflineToken>(),
    Row::of::<GetTokenStatus>(),
    Row::of::<SetTokenStatus>(),
    Row::of::<UnregisterToken>(),
    Row::of::<UnlockHardwareToken>(),
    Row::of::<SyncHardwareToken>(),
];
