//! `DELETE /users/{id}`: deletes a user.

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Docs, Method, Spec};
use crate::api::input::{Body, Input};
use crate::callers::Scope;
use crate::centagate::DeleteUser;
use crate::domain::Username;

impl Operation for DeleteUser {
    const SPEC: &'static Spec = &Spec {
        id: "deleteUser",
        label: "delete_user",
        method: Method::Delete,
        path: "/users/{id}",
        scope: Scope::UsersDelete,
        success: 204,
        body: Body::Forbidden,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send it again, or send `GET /users/{id}`: 404 means that the user is deleted.",
        docs: Docs {
            tag: "Users",
            summary: "Delete a user",
            description: "Unbinds all tokens of a user, then deletes the user. This cannot be undone. If CENTAGATE's approval \
                          workflow is on, 204 may mean that the deletion still waits for approval: `GET /users/{id}` then \
                          replies 200 and not 404. A body is a fault.",
            request: None,
            success: "The user is deleted, or the deletion waits for approval",
            reply: None,
            has_location: false,
            fault: ("id", "must be percent-encoded UTF-8"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        Some(Self { username: input.username_in_path()? })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}
