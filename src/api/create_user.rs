use std::sync::Arc;

use actix_web::web::{self, Bytes, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::configuration::UserSettings;
use super::created::Created;
use super::idempotency::once;
use super::idempotency_key::IdempotencyKey;
use super::request_record::RequestRecord;
use super::{ApiError, Gateway, authentication, body, exchange, members};
use crate::callers::Scope;
use crate::centagate::{Operation, percent_encode_segment};
use crate::domain::{CreatedUser, Email, NewUser, Role};

/// A user to register.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "documents what `parse` reads; the two are compared by a test")]
pub(crate) struct CreateUserRequest {
    /// The name to log in with. It cannot be changed later. `.` and `..` are rejected, because HTTP clients collapse them
    /// in paths.
    #[schema(min_length = 1, max_length = 255, example = "alice")]
    username: String,
    /// The first name.
    #[schema(min_length = 1, max_length = 255, example = "Alice")]
    first_name: String,
    /// The last name.
    #[schema(min_length = 1, max_length = 255, example = "Archer")]
    last_name: String,
    /// The e-mail address; no other user of CENTAGATE may have it.
    #[schema(
        max_length = 254,
        example = "alice@example.com",
        pattern = r"^[a-zA-Z0-9.!#$%&'*+\/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
    )]
    email: String,
    /// The name of the group the user joins. Required unless the gateway is configured with a default.
    #[schema(min_length = 1, max_length = 255, example = "Staff")]
    group: Option<String>,
    /// What the user may do; `user` where it is absent. The two admin roles need the scope `admins:create`.
    #[schema(example = "user")]
    role: Option<RoleWord>,
    /// The application that the user belongs to. Required unless the gateway is configured with a default.
    #[schema(min_length = 1, max_length = 255, example = "portal")]
    app: Option<String>,
    /// The user's unique id in the application; the username where it is absent.
    #[schema(min_length = 1, max_length = 255, example = "alice")]
    unique_id: Option<String>,
    /// The user's client id in the application; the username where it is absent.
    #[schema(min_length = 1, max_length = 255, example = "alice")]
    client_id: Option<String>,
    /// Free texts to keep with the user.
    #[schema(max_items = 5, example = json!(["floor 2"]))]
    additional_data: Option<Vec<AdditionalText>>,
}

/// One free text to keep with a user.
#[derive(Deserialize, ToSchema)]
#[schema(as = AdditionalText, min_length = 1, max_length = 255, example = "floor 2")]
#[expect(dead_code, reason = "documents what `parse` reads")]
pub(crate) struct AdditionalText(String);

/// What a user may do in CENTAGATE.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Role)]
pub(crate) enum RoleWord {
    /// An ordinary user.
    User,
    /// Administers all users of the company.
    CompanyAdmin,
    /// Administers the users of its own group.
    GroupAdmin,
}

/// A user that was registered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CreatedUser)]
pub(crate) struct CreatedUserReply<'a> {
    /// The name to log in with.
    #[schema(value_type = String, example = "alice")]
    username: &'a str,
    /// CENTAGATE's own id of the user; null if it sent none.
    #[schema(required, example = "10045")]
    centagate_id: Option<String>,
    /// What the user may do.
    #[schema(value_type = RoleWord)]
    role: &'static str,
    /// The group the user joined.
    #[schema(value_type = String, example = "Staff")]
    group: &'a str,
    /// The application that the user belongs to.
    #[schema(value_type = String, example = "portal")]
    app: &'a str,
    /// The user's unique id in the application.
    #[schema(value_type = String, example = "alice")]
    unique_id: &'a str,
    /// The user's client id in the application.
    #[schema(value_type = String, example = "alice")]
    client_id: &'a str,
}

/// Register a user
///
/// Registers an active user in CENTAGATE. Registration sets no password: the user gets one in CENTAGATE, or logs in with
/// an OTP token. Needs the scope `users:create`; the roles `companyAdmin` and `groupAdmin` need `admins:create`, too. The
/// gateway's own admin is never a target.
#[utoipa::path(
    post,
    path = "/users",
    operation_id = "createUser",
    tag = "Users",
    request_body(
        content = CreateUserRequest,
        description = "The user to register; unknown members are refused",
        example = json!({
            "username": "alice",
            "firstName": "Alice",
            "lastName": "Archer",
            "email": "alice@example.com",
            "group": "Staff",
            "app": "portal"
        })
    ),
    responses((
        status = 201,
        description = "The user is registered",
        body = CreatedUserReply<'_>,
        headers(("Location" = String, description = "The path of the user, its name percent-encoded")),
        example = json!({
            "username": "alice",
            "centagateId": "10045",
            "role": "user",
            "group": "Staff",
            "app": "portal",
            "uniqueId": "alice",
            "clientId": "alice"
        })
    )),
    security(("callerKey" = [])),
)]
pub(super) async fn create_user(
    request: HttpRequest,
    payload: Payload,
    gateway: web::Data<Gateway>,
    record: web::ReqData<Arc<RequestRecord>>,
) -> Result<HttpResponse, ApiError> {
    let caller = authentication::authorize(&request, &gateway, &record, Scope::UsersCreate).await?;
    let body = body::read(&request, payload, &gateway.limits, record.started()).await?;
    let user = parse(&body, &gateway.users)?;
    gateway.refuse_own_admin(&user.username)?;
    caller.allows_target(&user.username)?;
    caller.allows_group(&user.group)?;
    if user.role.is_admin() {
        caller.allows_scope(Scope::AdminsCreate)?;
    }
    let key = IdempotencyKey::of(&request)?;
    let right = if user.role.is_admin() { Scope::AdminsCreate } else { Scope::UsersCreate };
    let action = record.action(Operation::RegisterUser, right, &user.username);
    let created = exchange::run(&gateway, &record, action, |exchange| async move {
        let (request, user, exchange) = (exchange.repeatable(key.as_ref(), &[], &body), &user, &exchange);
        once(
            exchange,
            request,
            || Ok(()),
            |turn, watch| async move {
                let created = exchange.gateway.centagate.register_user(turn, user, &watch).await?;
                Ok(reply(user, exchange.told(created), &exchange.gateway.base_path))
            },
        )
        .await
    });
    created.await.map(HttpResponse::from)
}

fn reply(user: &NewUser, created: CreatedUser, base_path: &str) -> Created {
    let location = format!("{base_path}/users/{}", percent_encode_segment(user.username.as_str()));
    let body = CreatedUserReply {
        username: user.username.as_str(),
        centagate_id: created.centagate_id,
        role: user.role.as_str(),
        group: user.group.as_str(),
        app: user.app.as_str(),
        unique_id: user.unique_id.as_str(),
        client_id: user.client_id.as_str(),
    };
    Created::new(Some(location), &body, None)
}

/// Reads the body by the contract's rules.
pub(crate) fn parse(body: &Bytes, defaults: &UserSettings) -> Result<NewUser, ApiError> {
    let mut members = body::members(body)?;
    let username = members.required("username", members::username);
    let first_name = members.required("firstName", members::text);
    let last_name = members.required("lastName", members::text);
    let email = members
        .required("email", |value| Email::parse(members::string(value)?).map_err(|fault| fault.to_string().into()));
    let group = members.required_unless(defaults.default_group.as_ref(), "group");
    let role = members.optional("role", members::word(Role::from_word, "user, companyAdmin, groupAdmin"));
    let app = members.required_unless(defaults.default_app.as_ref(), "app");
    let unique_id = members.optional("uniqueId", members::text);
    let client_id = members.optional("clientId", members::text);
    let additional_data = members.texts("additionalData", 5);
    members.finish().map_err(ApiError::invalid)?;
    let user = || {
        let username = username?;
        let name_as_text = || crate::domain::Text::parse(username.as_str()).ok();
        Some(NewUser {
            first_name: first_name?,
            last_name: last_name?,
            email: email?,
            group: group?,
            role: role.unwrap_or(Role::User),
            app: app?,
            unique_id: unique_id.or_else(name_as_text)?,
            client_id: client_id.or_else(name_as_text)?,
            additional_data,
            username,
        })
    };
    user().ok_or_else(|| super::Problem::Internal.into())
}
