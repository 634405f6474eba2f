//! The scopes that callers can have.

/// Defines [`Scope`] from one table: variant, word, and what the scope allows.
macro_rules! scopes {
    ($($variant:ident $word:literal $allows:literal)*) => {
        /// A right to use certain operations.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Scope {
            $(#[doc = $allows] $variant,)*
        }

        impl Scope {
            /// All scopes.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// The scope's word in the callers file, in tokens and in the audit trail.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// What the scope allows, in one or two sentences.
            pub(crate) fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $allows,)*
                }
            }
        }
    };
}

scopes! {
    UsersCreate     "users:create"      "Create users."
    UsersRead       "users:read"        "Read whether a user exists, and how that user can authenticate."
    OtpTokensCreate "otp-tokens:create" "Register OTP tokens. With one, a caller can take over its user's account."
    AdminsCreate    "admins:create"     "Create users with an admin role."
    UsersUpdate     "users:update"      "Change users. With a new e-mail address or group, a caller can take over an account."
    UsersStatus     "users:status"      "Lock people out, let them in again, and undo the lock that stops guessing."
    UsersDelete     "users:delete"      "Delete users."
    PasswordsSet    "passwords:set"     "Set passwords. With one, a caller can take over its user's account."
    TokensCreate    "tokens:create"     "Register phone numbers and other tokens. With one, a caller can take over its user's account."
    TokensUpdate    "tokens:update"     "Activate pending tokens, and deactivate second factors."
    TokensDelete    "tokens:delete"     "Remove second factors."
}

impl Scope {
    /// Finds a scope by its word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }

    /// Whether `groups` cannot narrow the scope: it acts on existing users, and no upstream call returns their groups.
    pub(super) fn cannot_be_narrowed_by_groups(self) -> bool {
        !matches!(self, Self::UsersCreate | Self::UsersRead | Self::OtpTokensCreate | Self::AdminsCreate)
    }

    /// Whether the scope is too strong to be granted without `target_usernames`, even `["*"]`.
    pub(crate) fn requires_target_usernames(self) -> bool {
        matches!(self, Self::UsersDelete | Self::PasswordsSet)
    }

    /// Lists all words, for messages.
    pub(crate) fn words() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}
