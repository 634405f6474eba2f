//! The users.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Certificate, Device, MobileToken, Secret, Tokens};

/// A user: profile, status, and what is bound to the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    /// The id that `createUser` answers. [`Simulator::add_user`](crate::Simulator::add_user) replaces an empty one.
    pub id: String,
    /// The username, compared exactly (the documents do not say how CENTAGATE compares it).
    pub username: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// E-mail address, unique regardless of ASCII case.
    pub email: String,
    /// The group's name.
    pub group: String,
    /// The role as on the wire: `2` company admin, `3` user, `4` group admin.
    pub role: String,
    /// The application id.
    pub app: String,
    /// The unique id.
    pub unique_id: String,
    /// The client id.
    pub client_id: String,
    /// Additional data 1 to 5, `None` where the request had none.
    pub additional_data: [Option<String>; 5],
    /// Street address.
    pub address: String,
    /// ZIP code.
    pub zip: String,
    /// City.
    pub city: String,
    /// State.
    pub state: String,
    /// The password, `None` until `setPassword` sets one.
    pub password: Option<Secret>,
    /// Whether the user must change the password at the next login.
    pub must_change_password: bool,
    /// Whether the user is active; an inactive user cannot get a token (22004).
    pub active: bool,
    /// Whether the user is locked, as after too many wrong passwords or codes. Independent of `active`.
    pub locked: bool,
    /// Wrong passwords since the last correct one or the last unlock.
    pub failed_attempts: u32,
    /// The tokens that are bound to the user.
    pub tokens: Tokens,
    /// The certificates that are bound to the user.
    pub certificates: Vec<Certificate>,
    /// The status of the certificates: `1` pending, `2` valid, `3` temporarily deactivated, `4` deactivated.
    pub certificate_status: String,
    /// The device that is bound to the user.
    pub device: Option<Device>,
}

impl User {
    /// An active user (role 3, group `Staff`) without e-mail address, tokens, certificates and device.
    pub fn new(username: impl Into<String>) -> Self {
        Self { username: username.into(), ..Self::default() }
    }
}

impl Default for User {
    fn default() -> Self {
        Self {
            id: String::new(),
            username: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            email: String::new(),
            group: "Staff".to_owned(),
            role: "3".to_owned(),
            app: String::new(),
            unique_id: String::new(),
            client_id: String::new(),
            additional_data: Default::default(),
            address: String::new(),
            zip: String::new(),
            city: String::new(),
            state: String::new(),
            password: None,
            must_change_password: false,
            active: true,
            locked: false,
            failed_attempts: 0,
            tokens: Tokens::default(),
            certificates: Vec::new(),
            certificate_status: "2".to_owned(),
            device: None,
        }
    }
}

/// All users by username.
#[derive(Default)]
pub(crate) struct Users {
    by_name: BTreeMap<String, User>,
    ids_issued: u64,
}

impl Users {
    /// An id that the simulator has not used yet.
    pub(crate) fn fresh_id(&mut self) -> String {
        self.ids_issued += 1;
        (1000 + self.ids_issued).to_string()
    }

    /// Adds or replaces a user and returns its id, a fresh one if the user has none.
    pub(crate) fn put(&mut self, mut user: User) -> String {
        if user.id.is_empty() {
            user.id = self.fresh_id();
        }
        let id = user.id.clone();
        self.by_name.insert(user.username.clone(), user);
        id
    }

    pub(crate) fn get(&self, username: &str) -> Option<&User> {
        self.by_name.get(username)
    }

    pub(crate) fn get_mut(&mut self, username: &str) -> Option<&mut User> {
        self.by_name.get_mut(username)
    }

    /// Removes a user with everything that is bound to it.
    pub(crate) fn remove(&mut self, username: &str) -> Option<User> {
        self.by_name.remove(username)
    }

    /// Whether a user has this e-mail address, regardless of ASCII case.
    pub(crate) fn has_email(&self, email: &str) -> bool {
        self.iter().any(|user| user.email.eq_ignore_ascii_case(email))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_name.values()
    }

    /// Changes a user; false if there is no such user.
    pub(crate) fn change(&mut self, username: &str, change: impl FnOnce(&mut User)) -> bool {
        self.get_mut(username).map(change).is_some()
    }

    /// Binds a mobile token to a user unless one is bound; false if there is no such user.
    pub(crate) fn bind_token(&mut self, username: &str) -> bool {
        self.change(username, |user| {
            let fresh = || MobileToken::fresh("2".to_owned(), MobileToken::DEFAULT_VALIDITY_SECONDS);
            user.tokens.mobile.get_or_insert_with(fresh);
        })
    }
}
