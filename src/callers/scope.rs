/// A right that a caller can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Register users.
    UsersCreate,
    /// Read which users exist, and what they can authenticate with.
    UsersRead,
    /// Register OTP tokens: whoever may do this can take over any account that the admin reaches.
    OtpTokensCreate,
    /// Register users whose role is an admin's.
    AdminsCreate,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::UsersCreate, Self::UsersRead, Self::OtpTokensCreate, Self::AdminsCreate];

    /// The scope's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UsersCreate => "users:create",
            Self::UsersRead => "users:read",
            Self::OtpTokensCreate => "otp-tokens:create",
            Self::AdminsCreate => "admins:create",
        }
    }

    /// The scope that `word` stands for, if any.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// All words, for messages.
    pub(crate) fn words() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}
