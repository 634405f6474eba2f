use super::{Email, Role, Text, Username};

/// A user to register.
///
/// Registration sets no password: CENTAGATE's `registerUserActivate` has no member for one.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name to log in with; it cannot be changed later.
    pub username: Username,
    /// The first name.
    pub first_name: Text,
    /// The last name.
    pub last_name: Text,
    /// The e-mail address.
    pub email: Email,
    /// The name of the group the user joins.
    pub group: Text,
    /// What the user may do.
    pub role: Role,
    /// The application the user belongs to.
    pub app: Text,
    /// The user's unique id in that application.
    pub unique_id: Text,
    /// The user's client id in that application.
    pub client_id: Text,
    /// Up to five free texts.
    pub additional_data: Vec<Text>,
}

/// What CENTAGATE answered to a registered user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedUser {
    /// CENTAGATE's id of the user, if it sent one.
    pub centagate_id: Option<String>,
}
