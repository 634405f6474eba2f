//! `POST /users`: creates a user.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::operation::Operation;
use super::reply::Reply;
use super::spec::{Content, Docs, Method, Schema, Spec};
use crate::api::input::{Body, Input, values};
use crate::callers::{Caller, Lack, Scope};
use crate::centagate::{CreateUser, CreatedUser, percent_encode_segment};
use crate::domain::{Role, Text, Username};

/// A user to create.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `read` accepts; a test compares the two")]
struct CreateUserRequest {
    /// The user name. It cannot be changed later. `.` and `..` are rejected, because HTTP clients remove them from paths.
    #[schema(min_length = 1, max_length = 255, example = "alice")]
    username: String,
    /// The first name.
    #[schema(min_length = 1, max_length = 255, example = "Alice")]
    first_name: String,
    /// The last name.
    #[schema(min_length = 1, max_length = 255, example = "Archer")]
    last_name: String,
    /// The e-mail address. No other user in CENTAGATE may have it.
    #[schema(
        max_length = 254,
        example = "alice@example.com",
        pattern = r"^[a-zA-Z0-9.!#$%&'*+\/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
    )]
    email: String,
    /// The name of the user's group. Required unless the gateway is configured with a default.
    #[schema(min_length = 1, max_length = 255, example = "Staff")]
    group: Option<String>,
    /// The role. The default is `user`. The two admin roles require the scope `admins:create`.
    #[schema(example = "user")]
    role: Option<RoleWord>,
    /// The application that the user belongs to. Required unless the gateway is configured with a default.
    #[schema(min_length = 1, max_length = 255, example = "portal")]
    app: Option<String>,
    /// The user's unique ID in the application. The default is the username.
    #[schema(min_length = 1, max_length = 255, example = "alice")]
    unique_id: Option<String>,
    /// The user's client ID in the application. The default is the username.
    #[schema(min_length = 1, max_length = 255, example = "alice")]
    client_id: Option<String>,
    /// Free texts about the user.
    #[schema(max_items = 5, example = json!(["floor 2"]))]
    additional_data: Option<Vec<AdditionalText>>,
}

/// A free text about a user.
#[derive(Deserialize, ToSchema)]
#[schema(as = AdditionalText, min_length = 1, max_length = 255, example = "floor 2")]
#[expect(dead_code, reason = "documents what `read` accepts")]
struct AdditionalText(String);

/// The role of a user in CENTAGATE.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Role)]
pub(super) enum RoleWord {
    /// An ordinary user.
    User,
    /// Administers all users of the company.
    CompanyAdmin,
    /// Administers the users of one group.
    GroupAdmin,
}

/// A user that was created.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatedUser)]
struct CreatedUserReply<'a> {
    /// The user name.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// CENTAGATE's ID of the user; null if CENTAGATE sent none.
    #[schema(required, example = "10045")]
    centagate_id: Option<String>,
    /// The role.
    #[schema(value_type = RoleWord)]
    role: &'static str,
    /// The user's group.
    #[schema(value_type = String, example = "Staff")]
    group: &'a str,
    /// The application that the user belongs to.
    #[schema(value_type = String, example = "portal")]
    app: &'a str,
    /// The user's unique ID in the application.
    #[schema(value_type = String, example = "alice")]
    unique_id: &'a str,
    /// The user's client ID in the application.
    #[schema(value_type = String, example = "alice")]
    client_id: &'a str,
}

impl Operation for CreateUser {
    const SPEC: &'static Spec = &Spec {
        id: "createUser",
        label: "create_user",
        method: Method::Post,
        path: "/users",
        scope: Scope::UsersCreate,
        success: 201,
        body: Body::Required,
        stored_as: Some("register_user"),
        target_limit: None,
        enabled_by: None,
        checks_credential: false,
        replies_with_secret: false,
        settle: "`GET /users/{id}` shows whether the user exists.",
        docs: Docs {
            tag: "Users",
            summary: "Create a user",
            description: "Creates an active user in CENTAGATE. The user has no password at first. The roles `companyAdmin` and \
                          `groupAdmin` also require the scope `admins:create`. The gateway's own admin is never a target.",
            request: Some(Content {
                description: "The user to create. Unknown members are rejected.",
                example: r#"{
                    "username": "alice",
                    "firstName": "Alice",
                    "lastName": "Archer",
                    "email": "alice@example.com",
                    "group": "Staff",
                    "app": "portal"
                }"#,
                schema: Schema::of::<CreateUserRequest>(),
            }),
            success: "The user was created",
            reply: Some(Content {
                description: "The user that was created.",
                example: r#"{
                    "username": "alice",
                    "centagateId": "10045",
                    "role": "user",
                    "group": "Staff",
                    "app": "portal",
                    "uniqueId": "alice",
                    "clientId": "alice"
                }"#,
                schema: Schema::of::<CreatedUserReply<'_>>(),
            }),
            has_location: true,
            fault: ("/email", "must be an e-mail address"),
        },
    };

    fn read(input: &mut Input<'_>, defaults: &UserSettings) -> Option<Self> {
        let username = input.required("username", values::username);
        let first_name = input.required("firstName", values::text);
        let last_name = input.required("lastName", values::text);
        let email = input.required("email", values::email);
        let group = input.required_unless("group", defaults.default_group.as_ref());
        let words = "user, companyAdmin, groupAdmin";
        let role = input.optional_or("role", Some(Role::User), values::word(Role::from_word, words));
        let app = input.required_unless("app", defaults.default_app.as_ref());
        let username_as_text = || Text::parse(username.as_ref()?.as_str()).ok();
        let unique_id = input.optional_or("uniqueId", username_as_text(), values::text);
        let client_id = input.optional_or("clientId", username_as_text(), values::text);
        let additional_data = input.texts("additionalData", 5);
        Some(Self {
            username: username?,
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            group: group?,
            role: role?,
            app: app?,
            unique_id: unique_id?,
            client_id: client_id?,
            additional_data,
        })
    }

    fn target(&self) -> &Username {
        &self.username
    }

    fn right(&self) -> Scope {
        if self.role.is_admin() { Scope::AdminsCreate } else { Scope::UsersCreate }
    }

    fn check_rights(&self, caller: &Caller) -> Result<(), Lack> {
        caller.allows_group(&self.group)?;
        caller.allows_scope(Operation::right(self))
    }

    fn reply(&self, CreatedUser { centagate_id }: CreatedUser) -> Reply {
        let body = CreatedUserReply {
            username: self.username.as_str(),
            centagate_id,
            role: self.role.as_str(),
            group: self.group.as_str(),
            app: self.app.as_str(),
            unique_id: self.unique_id.as_str(),
            client_id: self.client_id.as_str(),
        };
        let location = format!("/users/{}", percent_encode_segment(self.username.as_str()));
        Reply { location: Some(location), ..Reply::json(&body) }
    }
}
