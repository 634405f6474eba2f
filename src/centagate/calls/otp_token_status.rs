//! The member `status` of the calls that set the status of a token: one vocabulary (life-cycle facts, section 4). Other calls have
//! other vocabularies with the same digits.

use crate::domain::OtpTokenStatus;

/// The value of `status`.
pub(super) fn otp_token_status(status: OtpTokenStatus) -> &'static str {
    match status {
        OtpTokenStatus::Pending => "1",
        OtpTokenStatus::Valid => "2",
        OtpTokenStatus::TemporarilyDeactivated => "3",
        OtpTokenStatus::Deactivated => "4",
    }
}
