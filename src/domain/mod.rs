//! What both sides of the gateway mean: user names, roles, tokens, outcomes.
//!
//! Every type here is valid by construction (*parse, don't validate*): private fields, one fallible constructor.
//! Nothing in this module knows HTTP or CentagateWS.

mod durations;
mod email;
mod identity;
mod otp_token;
mod outcome;
mod role;
mod share;
mod text;
mod user;
mod user_authentication;
mod username;

pub(crate) use durations::{fine_milliseconds, milliseconds};
pub use email::{Email, EmailFault};
pub use identity::Identity;
pub use otp_token::{NewOtpToken, OtpTokenStatus, RegisteredOtpToken, ValiditySeconds};
pub use outcome::Outcome;
pub use role::Role;
pub use share::CallerShare;
pub use text::{Text, TextFault};
pub use user::{CreatedUser, NewUser};
pub use user_authentication::{
    BoundToken, BoundTokenStatus, BoundTokenType, Certificate, Device, DeviceStatus, UserAuthentication,
};
pub use username::{Username, UsernameFault};
