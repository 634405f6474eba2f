//! The terms that all parts of the gateway share: user names, roles, tokens, outcomes.
//!
//! Every newtype is valid by construction: it has a private field and one fallible constructor. This module does not know
//! HTTP or CentagateWS.

mod base64_signature;
mod comparable_name;
mod digest_algorithm;
mod durations;
mod email;
mod one_time_code;
mod otp_token;
mod outcome;
mod password;
mod phone_number;
mod role;
mod serial_number;
mod share;
mod text;
mod token_kind;
mod token_status;
mod user_authentication;
mod user_status;
mod username;
mod version;

pub use self::base64_signature::Base64Signature;
pub use self::comparable_name::ComparableName;
pub use self::digest_algorithm::DigestAlgorithm;
pub(crate) use self::durations::{fine_milliseconds, milliseconds};
pub use self::email::{Email, EmailFault};
pub use self::one_time_code::OneTimeCode;
pub use self::otp_token::{OtpTokenStatus, ValiditySeconds};
pub use self::outcome::Outcome;
pub use self::password::{Password, PasswordFault};
pub use self::phone_number::PhoneNumber;
pub use self::role::Role;
pub use self::serial_number::SerialNumber;
pub use self::share::CallerShare;
pub use self::text::{Text, TextFault};
pub use self::token_kind::TokenKind;
pub use self::token_status::TokenStatus;
pub use self::user_authentication::{
    BoundToken, BoundTokenStatus, BoundTokenType, Certificate, Device, DeviceStatus, UserAuthentication,
};
pub use self::user_status::UserStatus;
pub use self::username::{Username, UsernameFault};
pub(crate) use self::version::{REVISION, VERSION};
