//! `PATCH /users/{id}`: changes a user's profile.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::create_user::RoleWord;
use super::operation::{AuditMembers, Operation};
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec};
use crate::api::input::{Body, Input, values};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::UpdateUser;
use crate::domain::{Email, Role, Text, Username};

/// The new values of a user. At least one is required; absent members stay as they are. No member can be cleared.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(min_properties = 1)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct UpdateUserRequest {
    /// The first name.
    #[schema(required = false, min_length = 1, max_length = 255, example = "Alice")]
    first_name: String,
    /// The last name.
    #[schema(required = false, min_length = 1, max_length = 255, example = "Archer")]
    last_name: String,
    /// The e-mail address.
    #[schema(
        required = false,
        max_length = 254,
        example = "alice@example.com",
        pattern = r"^[a-zA-Z0-9.!#$%&'*+\/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
    )]
    email: String,
    /// The name of the user's new group.
    #[schema(required = false, min_length = 1, max_length = 255, example = "Staff")]
    group: String,
    /// The new role. Any role, even `user`, requires the scope `admins:create`.
    #[schema(required = false, example = "user")]
    role: RoleWord,
    /// The application that the user belongs to.
    #[schema(required = false, min_length = 1, max_length = 255, example = "portal")]
    app: String,
    /// The user's client ID in the application.
    #[schema(required = false, min_length = 1, max_length = 255, example = "alice")]
    client_id: String,
    /// The street and the house number.
    #[schema(required = false, min_length = 1, max_length = 255, example = "1 Main Street")]
    address: String,
    /// The postal code.
    #[schema(required = false, min_length = 1, max_length = 255, example = "50450")]
    zip: String,
    /// The city.
    #[schema(required = false, min_length = 1, max_length = 255, example = "Kuala Lumpur")]
    city: String,
    /// The state or the province.
    #[schema(required = false, min_length = 1, max_length = 255, example = "Selangor")]
    state: String,
}

impl Operation for UpdateUser {
    const SPEC: &'static Spec = &Spec {
        id: "updateUser",
        label: "update_user",
        method: Method::Patch,
        path: "/users/{id}",
        scope: Scope::UsersUpdate,
        success: 204,
        body: Body::Required,
        stored_as: None,
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "Send the same body again. The values cannot be read back.",
        docs: Docs {
            tag: "Users",
            summary: "Change a user",
            description: "Changes the members that the body names, and no others. The media type is `application/json`. A value \
                          can be replaced but not cleared: null and the empty string are faults. The member `role` also \
                          requires the scope `admins:create`. The values cannot be read back, so there is no `ETag`: the last \
                          write wins.",
            request: Some(Content {
                description: "The new values: at least one member. Unknown members are rejected.",
                example: r#"{ "lastName": "Archer", "email": "alice@example.com" }"#,
                schema: Schema::of::<UpdateUserRequest>(),
            }),
            success: "The user was changed",
            reply: None,
            has_location: false,
            fault: ("/email", "must be an e-mail address"),
        },
    };

    fn read(input: &mut Input<'_>, _: &UserSettings) -> Option<Self> {
        input.require_a_member();
        Some(Self {
            first_name: input.optional_not_null("firstName", values::text),
            last_name: input.optional_not_null("lastName", values::text),
            email: input.optional_not_null("email", values::email),
            group: input.optional_not_null("group", values::text),
            role: input.optional_not_null("role", values::word(Role::from_word, "user, companyAdmin, groupAdmin")),
            app: input.optional_not_null("app", values::text),
            client_id: input.optional_not_null("clientId", values::text),
            address: input.optional_not_null("address", values::text),
            zip: input.optional_not_null("zip", values::text),
            city: input.optional_not_null("city", values::text),
            state: input.optional_not_null("state", values::text),
            username: input.username_in_path()?,
        })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    /// Even the role `user` is an admin's right: it can demote an admin.
    fn right(&self) -> Scope {
        if self.role.is_some() { Scope::AdminsCreate } else { Scope::UsersUpdate }
    }

    /// The group is the new one: the present group cannot be read.
    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        self.group.as_ref().map_or(Ok(()), |group| caller.allows_group(group))?;
        caller.allows_scope(Operation::right(self))
    }

    /// The names of the changed members. The new group and the new role are rights, so their values are recorded, too.
    fn audit(&self) -> AuditMembers {
        let mut members = vec![("changed", json!(self.changed()))];
        members.extend(self.group.as_ref().map(|group| ("group", json!(group.as_str()))));
        members.extend(self.role.map(|role| ("role", json!(role.as_str()))));
        members
    }

    fn reply(&self, (): ()) -> Reply {
        Reply::default()
    }
}

impl UpdateUser {
    /// The names of the members that have new values.
    fn changed(&self) -> Vec<&'static str> {
        let is_present = Option::<Text>::is_some;
        [
            ("firstName", is_present(&self.first_name)),
            ("lastName", is_present(&self.last_name)),
            ("email", Option::<Email>::is_some(&self.email)),
            ("group", is_present(&self.group)),
            ("role", self.role.is_some()),
            ("app", is_present(&self.app)),
            ("clientId", is_present(&self.client_id)),
            ("address", is_present(&self.address)),
            ("zip", is_present(&self.zip)),
            ("city", is_present(&self.city)),
            ("state", is_present(&self.state)),
        ]
        .into_iter()
        .filter_map(|(name, is_present)| is_present.then_some(name))
        .collect()
    }
}
