//! The list of calls.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Call;
use crate::ReturnCode;

macro_rules! list {
    ($($operation:ident => $file:ident,)*) => {
        /// The name of a call: the gateway's operationId where the gateway offers the call. JSON uses camelCase.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[non_exhaustive]
        pub enum Operation {
            $(#[doc = concat!("Described in [`calls::", stringify!($file), "`](super::", stringify!($file), ").")] $operation,)*
        }

        impl Operation {
            /// All calls.
            pub const ALL: &'static [Self] = &[$(Self::$operation,)*];

            /// The call's row in the table.
            pub fn call(self) -> &'static Call {
                match self {
                    $(Self::$operation => &super::$file::CALL,)*
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
    UnlockUser => unlock_user,
    SetUserStatus => set_user_status,
    DeleteUser => delete_user,
    UpdateUser => update_user,
    SetPassword => set_password,
    RegisterSmsToken => register_sms_token,
    RegisterHardwareToken => register_hardware_token,
    GetTokenStatus => get_token_status,
    SetTokenStatus => set_token_status,
    UnregisterToken => unregister_token,
    UnlockHardwareToken => unlock_hardware_token,
    SyncHardwareToken => sync_hardware_token,
    RegisterOfflineToken => register_offline_token,
    RegisterCertificate => register_certificate,
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

impl ReturnCode {
    /// The first return code in the table of calls with this code.
    pub fn find(code: &str) -> Option<Self> {
        Operation::ALL.iter().flat_map(|operation| operation.call().codes).find(|known| known.code == code).copied()
    }
}
