/// What a user may do in CENTAGATE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An ordinary user.
    User,
    /// Administers all users of the company.
    CompanyAdmin,
    /// Administers the users of its own group.
    GroupAdmin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::User, Self::CompanyAdmin, Self::GroupAdmin];

    /// The role in callers' words: `user`, `companyAdmin`, `groupAdmin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::CompanyAdmin => "companyAdmin",
            Self::GroupAdmin => "groupAdmin",
        }
    }

    /// The role that `word` stands for, if any.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether the role gives power over other users.
    pub fn is_admin(self) -> bool {
        match self {
            Self::User => false,
            Self::CompanyAdmin | Self::GroupAdmin => true,
        }
    }
}
