//! The roles of users.

/// The role of a user in CENTAGATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// No administrative rights.
    User,
    /// Administers all users of the company.
    CompanyAdmin,
    /// Administers the users of one group.
    GroupAdmin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::User, Self::CompanyAdmin, Self::GroupAdmin];

    /// Returns the role as in the API: `user`, `companyAdmin`, `groupAdmin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::CompanyAdmin => "companyAdmin",
            Self::GroupAdmin => "groupAdmin",
        }
    }

    /// Finds a role by its word in the API.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Returns whether the role administers other users.
    pub fn is_admin(self) -> bool {
        match self {
            Self::User => false,
            Self::CompanyAdmin | Self::GroupAdmin => true,
        }
    }
}
