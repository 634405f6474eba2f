//! The return codes that the simulator's state can lead to, and those that only an instruction brings.

/// A return code and the message that goes with it, as both API pages ("Error Code")
/// and `wire-facts.md` section 3.2 print them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnCode {
    /// The code as it stands on the wire, a string.
    pub code: &'static str,
    /// The message beside it.
    pub message: &'static str,
}

macro_rules! return_codes {
    ($($name:ident $code:literal $message:literal;)*) => {
        impl ReturnCode {
            $(#[doc = concat!("`", $code, "` ", $message, ".")]
            pub const $name: Self = Self { code: $code, message: $message };)*

            /// All that have a name here.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
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
    REGISTRATION_FAILED "22011" "User self register failed";
    USER_LIMIT_REACHED "22013" "Users limit reached";
    DUPLICATE_USERNAME "22025" "Duplicate username";
    TOKEN_ALREADY_BOUND "22027" "User already bound with a token";
    USER_LOCKED "22033" "User locked";
    INVALID_CREDENTIALS "23001" "Invalid credentials";
    UNTRUSTED_ADDRESS "23020" "Rejected: API not from trusted IP address list";
    GROUP_NOT_ALLOWED "23021" "Rejected: user's group is not allowed to access this API";
    INVALID_API_SIGNATURE "23022" "Rejected: invalid API signature";
    REQUEST_EXPIRED "23023" "Rejected: request expired";
    API_NOT_FOUND "23024" "API not found";
    AUTHENTICATION_ERROR "23025" "Authentication API error";
    INVALID_LICENCE "27001" "Invalid license file";
}

impl ReturnCode {
    /// All codes that the user registration page lists.
    pub const OF_REGISTER_USER: [Self; 11] = [
        Self::SUCCESS,
        Self::INVALID_INPUT,
        Self::DB_PROTECTION_ERROR,
        Self::DB_ERROR,
        Self::COMPANY_NOT_FOUND,
        Self::GROUP_NOT_FOUND,
        Self::DUPLICATE_EMAIL,
        Self::REGISTRATION_FAILED,
        Self::USER_LIMIT_REACHED,
        Self::DUPLICATE_USERNAME,
        Self::INVALID_LICENCE,
    ];

    /// All codes that the one-time PIN page lists.
    pub const OF_REGISTER_ONE_TIME_PIN: [Self; 8] = [
        Self::SUCCESS,
        Self::INVALID_INPUT,
        Self::DB_PROTECTION_ERROR,
        Self::DB_ERROR,
        Self::CRYPTO_ERROR,
        Self::USER_NOT_FOUND,
        Self::USER_NOT_ACTIVE,
        Self::TOKEN_ALREADY_BOUND,
    ];

    /// All codes that `wire-facts.md` section 4.1 lists for the list of bound authentication methods.
    pub const OF_LIST_AUTHENTICATION: [Self; 4] =
        [Self::SUCCESS, Self::PERMISSION_NOT_ALLOWED, Self::INVALID_INPUT, Self::USER_NOT_FOUND];

    /// The one of [`ALL`](Self::ALL) with this code.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|known| known.code == code).copied()
    }
}
