//! Return codes that mean the same in every call. Codes with one use are constants in the file of their call.

/// A return code and its message, as both API pages ("Error Code") and `wire-facts.md` section 3.2 print them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnCode {
    /// The code, a string on the wire.
    pub code: &'static str,
    /// The message.
    pub message: &'static str,
}

macro_rules! return_codes {
    ($($name:ident $code:literal $message:literal;)*) => {
        impl ReturnCode {
            $(#[doc = concat!("`", $code, "` ", $message, ".")]
            pub const $name: Self = Self::new($code, $message);)*
        }
    };
}

return_codes! {
    SUCCESS "0" "Success";
    PERMISSION_NOT_ALLOWED "10001" "Permission not allowed";
    INVALID_INPUT "10002" "Invalid Input";
    DB_PROTECTION_ERROR "10003" "DB protection error";
    DB_ERROR "10004" "DB error";
    CRYPTO_ERROR "10011" "Crypto error";
    COMPANY_NOT_FOUND "20002" "Company not found";
    GROUP_NOT_FOUND "21001" "Group not found";
    DUPLICATE_EMAIL "22001" "Duplicate user email";
    USER_NOT_FOUND "22002" "User not found";
    USER_NOT_ACTIVE "22004" "User is not active";
    TOKEN_ALREADY_BOUND "22027" "User already bound with a token";
    UNTRUSTED_ADDRESS "23020" "Rejected: API not from trusted IP address list";
    INVALID_API_SIGNATURE "23022" "Rejected: invalid API signature";
    REQUEST_EXPIRED "23023" "Rejected: request expired";
    API_NOT_FOUND "23024" "API not found";
    AUTHENTICATION_ERROR "23025" "Authentication API error";
    TOKEN_NOT_FOUND "29001" "Token not found";
    TOKEN_NOT_ACTIVE "29002" "Token not active";
    OTP_TOKEN_ALREADY_REGISTERED "29008" "An OTP token already registered to this user";
    TOKEN_OF_NOBODY "29013" "Token doesn't belong to a user";
    INVALID_TOKEN_STATUS "29017" "Invalid token status";
}

impl ReturnCode {
    /// A code and its message.
    pub const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message }
    }
}
