//! The table of calls: one file per call of `CentagateWS`, named after the gateway's operationId, and the list of them.
//!
//! # Add a call
//! 1. Write its file, for example `unlock_user.rs`, with `CALL` (path, members, codes) and `run` (the change to the state).
//! 2. Here, declare the module and add one line to `list!`.
//! 3. Write its tests in `tests/simulator/`, and declare that file in `main.rs` there.
//!
//! Routes, signature checks, recording, instructions, the control interface and `--help` follow from the list.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ReturnCode;
use crate::state::State;

pub mod create_user;
pub mod get_user;
mod input;
pub mod log_in;
pub mod log_out;
pub mod register_otp_token;
mod signature;

pub(crate) use input::{Body, Input, Members};
pub use signature::{Signature, cen_token};

/// A call, as its file describes it.
pub struct Call {
    /// The vendor document that describes the call.
    pub page: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The paths of the call, and how a request to each is signed. A `{name}` at the end of a path stands for one segment.
    pub paths: &'static [(&'static str, Signature)],
    /// The members that `run` reads. The members of the signature are not repeated here.
    members: Members,
    /// What `object` contains on success.
    pub object: &'static str,
    /// Every return code that the documents list for the call.
    pub codes: &'static [ReturnCode],
    /// Applies the call to the state.
    run: fn(&mut State, &Input) -> Result<Success, ReturnCode>,
}

/// The result of a call that CENTAGATE answers with code 0.
pub(crate) struct Success {
    /// The text of `object`.
    pub(crate) object: String,
    /// Whether the call changed the state.
    pub(crate) executed: bool,
}

/// A request whose path and method belong to a call.
pub(crate) struct Target {
    pub(crate) operation: Operation,
    pub(crate) signature: Signature,
    /// The name and the decoded value of the path's `{name}`.
    pub(crate) path_value: Option<(&'static str, String)>,
}

macro_rules! list {
    ($($operation:ident => $file:ident,)*) => {
        /// The name of a call: the gateway's operationId where the gateway offers the call. JSON uses camelCase.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("Described in [`calls::", stringify!($file), "`](", stringify!($file), ").")] $operation,)*
        }

        impl Operation {
            /// All calls.
            pub const ALL: &'static [Self] = &[$(Self::$operation,)*];

            /// The call's row in the table.
            pub fn call(self) -> &'static Call {
                match self {
                    $(Self::$operation => &$file::CALL,)*
                }
            }
        }
    };
}

list! {
    CreateUser => create_user,
    RegisterOtpToken => register_otp_token,
    GetUser => get_user,
    LogIn => log_in,
    LogOut => log_out,
}

impl Operation {
    /// All calls as a Markdown table; part of `--help`.
    pub fn table() -> String {
        let mut table = "| operation | request | `object` on success | described in |\n|---|---|---|---|\n".to_owned();
        for operation in Self::ALL {
            let Call { method, paths, object, page, .. } = operation.call();
            for (path, _) in *paths {
                // Writing to a string cannot fail.
                let _ = writeln!(table, "| `{}` | `{method} {path}` | {object} | {page} |", json!(operation));
            }
        }
        table
    }
}

impl State {
    /// Checks and executes a request. `body` is `None` if the body is not a JSON object.
    ///
    /// The documents do not order the checks: an admin's signature is checked before the members, an app's signature, which
    /// covers the members, after them.
    pub(crate) fn execute(&mut self, target: &Target, body: Option<&Body>) -> Result<Success, ReturnCode> {
        let body = body.ok_or(ReturnCode::INVALID_INPUT)?;
        let call = target.operation.call();
        let is_admin_signed = target.signature == Signature::Admin;
        if is_admin_signed {
            signature::check_cen_token(self, target, body)?;
        }
        let input = Input::read(body, &call.members, target.path_value.as_ref())?;
        if let Signature::App(signed_members) = target.signature {
            signature::check_hmac(self, signed_members, body)?;
        }
        let success = (call.run)(self, &input)?;
        if success.executed && is_admin_signed {
            self.executions += 1;
        }
        Ok(success)
    }
}
