//! The status of a user.

/// Whether a user is active in CENTAGATE. An inactive user cannot log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserStatus {
    /// The user can log in.
    Active,
    /// The user cannot log in.
    Inactive,
}

impl UserStatus {
    /// All statuses.
    pub const ALL: [Self; 2] = [Self::Active, Self::Inactive];

    /// Returns the status as in the API: `active`, `inactive`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }

    /// Finds a status by its word in the API.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}
