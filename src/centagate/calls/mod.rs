//! The calls of CentagateWS that the gateway makes. Each file holds one call in the vendor's spelling.

mod active_token;
mod bound_token_status;
mod create_user;
mod delete_user;
mod get_token_status;
mod get_user;
#[cfg(test)]
mod get_user_tests;
pub(super) mod log_in;
pub(super) mod log_out;
mod otp_token_status;
#[cfg(test)]
mod properties;
mod register_certificate;
mod register_hardware_token;
mod register_offline_token;
mod register_otp_token;
mod register_sms_token;
mod set_password;
mod set_token_status;
mod set_user_status;
mod sync_hardware_token;
mod token_type;
mod unlock_hardware_token;
mod unlock_user;
mod unregister_token;
mod update_user;

pub use create_user::{CreateUser, CreatedUser};
pub use delete_user::DeleteUser;
pub use get_token_status::GetTokenStatus;
pub use get_user::GetUser;
pub use register_certificate::RegisterCertificate;
pub use register_hardware_token::RegisterHardwareToken;
pub use register_offline_token::RegisterOfflineToken;
pub use register_otp_token::{RegisterOtpToken, RegisteredOtpToken};
pub use register_sms_token::RegisterSmsToken;
pub use set_password::SetPassword;
pub use set_token_status::SetTokenStatus;
pub use set_user_status::SetUserStatus;
pub use sync_hardware_token::SyncHardwareToken;
pub use unlock_hardware_token::UnlockHardwareToken;
pub use unlock_user::UnlockUser;
pub use unregister_token::UnregisterToken;
pub use update_user::UpdateUser;
