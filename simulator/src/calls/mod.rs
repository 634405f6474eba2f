//! The calls of `CentagateWS`: one file per call, named after the gateway's operationId.
//!
//! # Add a call
//! 1. Write its file, for example `unlock_user.rs`, with `CALL` (path, members, codes) and `run` (the change to the state).
//! 2. Declare the module here, and add one line to `list!` in `operation.rs`.
//! 3. Write its tests in `tests/simulator/`. A new file of tests must be declared in `main.rs` there.
//!
//! Routes, signature checks, recording, instructions, the control interface and `--help` follow from the list.

mod active_token;
mod call;
pub mod create_user;
pub mod delete_user;
mod execute;
pub mod get_token_status;
pub mod get_user;
mod input;
pub mod log_in;
pub mod log_out;
mod operation;
pub mod register_certificate;
pub mod register_hardware_token;
pub mod register_offline_token;
pub mod register_otp_token;
pub mod register_sms_token;
pub mod set_password;
pub mod set_token_status;
pub mod set_user_status;
mod signature;
mod submit;
pub mod sync_hardware_token;
mod target;
pub mod unlock_hardware_token;
pub mod unlock_user;
pub mod unregister_token;
pub mod update_user;

pub use call::Call;
pub(crate) use call::Success;
pub(crate) use execute::execute;
pub(crate) use input::{Body, Input, Members};
pub use operation::Operation;
pub use signature::Signature;
pub(crate) use target::Target;
