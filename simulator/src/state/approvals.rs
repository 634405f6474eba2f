//! The approval workflow: changes that wait until another admin approves or rejects them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::User;

/// A change of a user. JSON uses camelCase: `{"update":{"city":"Ipoh"}}`, `"delete"`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Creates the user.
    Create(Box<User>),
    /// Gives these members of `updateUser` these values.
    Update(BTreeMap<&'static str, String>),
    /// Activates or deactivates the user.
    SetActive(bool),
    /// Unbinds every token and deletes the user.
    Delete,
}

/// The workflow and its waiting changes.
pub(crate) struct Approvals {
    /// Whether changes need an approval.
    pub(crate) required: bool,
    /// The waiting changes with their usernames, oldest first.
    waiting: Vec<(String, Change)>,
}

impl Approvals {
    pub(crate) fn new(required: bool) -> Self {
        Self { required, waiting: Vec::new() }
    }

    pub(crate) fn add(&mut self, username: &str, change: Change) {
        self.waiting.push((username.to_owned(), change));
    }

    /// The waiting changes of a user.
    pub(crate) fn of<'a>(&'a self, username: &'a str) -> impl Iterator<Item = &'a Change> {
        self.waiting.iter().filter(move |(name, _)| name == username).map(|(_, change)| change)
    }

    /// The users who wait to be created.
    pub(crate) fn new_users(&self) -> impl Iterator<Item = &User> {
        self.waiting.iter().filter_map(|(_, change)| match change {
            Change::Create(user) => Some(&**user),
            _ => None,
        })
    }

    /// Removes and returns the waiting changes of a user.
    pub(crate) fn take(&mut self, username: &str) -> Vec<Change> {
        let (taken, kept) = std::mem::take(&mut self.waiting).into_iter().partition(|(name, _)| name == username);
        self.waiting = kept;
        taken.into_iter().map(|(_, change): (String, Change)| change).collect()
    }
}
