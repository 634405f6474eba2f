//! Users to create.

use super::email::Email;
use super::role::Role;
use super::text::Text;
use super::username::Username;

/// A user to create.
///
/// It has no password, because CENTAGATE's `registerUserActivate` has no member for one.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The login name. It cannot be changed later.
    pub username: Username,
    /// The first name.
    pub first_name: Text,
    /// The last name.
    pub last_name: Text,
    /// The e-mail address.
    pub email: Email,
    /// The name of the user's group.
    pub group: Text,
    /// The role.
    pub role: Role,
    /// The user's application.
    pub app: Text,
    /// The user's unique ID in the application.
    pub unique_id: Text,
    /// The user's client ID in the application.
    pub client_id: Text,
    /// Up to five texts without a defined meaning.
    pub additional_data: Vec<Text>,
}

/// A user that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedUser {
    /// The user's ID in CENTAGATE, if CENTAGATE sent one.
    pub centagate_id: Option<String>,
}
