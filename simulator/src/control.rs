//! The HTTP interface by which another process steers the simulator; the crate documentation lists it.

use actix_web::web::{self, Data, Json, Path};
use actix_web::{HttpResponse, Scope};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::centagate::Centagate;
use crate::{Instruction, User};

/// All routes under `/simulator`.
pub(crate) fn scope() -> Scope {
    web::scope("/simulator")
        .route("/health", web::get().to(health))
        .route("/instructions", web::post().to(add_instruction))
        .route("/instructions", web::delete().to(clear_instructions))
        .route("/requests", web::get().to(list_requests))
        .route("/groups", web::post().to(add_group))
        .route("/users", web::get().to(list_users))
        .route("/users", web::post().to(put_user))
        .route("/users/{username}/active", web::post().to(set_user_active))
        .route("/users/{username}/token", web::post().to(bind_token))
        .route("/users/{username}/token", web::delete().to(unbind_token))
        .route("/settings", web::post().to(change_settings))
        .route("/session", web::post().to(set_session))
        .route("/session", web::delete().to(end_sessions))
        .default_service(web::to(HttpResponse::NotFound))
}

async fn health() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

async fn add_instruction(centagate: Data<Centagate>, instruction: Json<Instruction>) -> HttpResponse {
    centagate.instructions().add(instruction.into_inner());
    done()
}

async fn clear_instructions(centagate: Data<Centagate>) -> HttpResponse {
    centagate.instructions().clear();
    done()
}

async fn list_requests(centagate: Data<Centagate>) -> HttpResponse {
    HttpResponse::Ok().json(centagate.log.requests())
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

async fn add_group(centagate: Data<Centagate>, group: Json<Group>) -> HttpResponse {
    centagate.state().groups.insert(group.into_inner().name);
    done()
}

async fn list_users(centagate: Data<Centagate>) -> HttpResponse {
    HttpResponse::Ok().json(centagate.state().users.values().collect::<Vec<_>>())
}

async fn put_user(centagate: Data<Centagate>, user: Json<User>) -> HttpResponse {
    let id = centagate.state().put(user.into_inner());
    HttpResponse::Ok().json(json!({"id": id}))
}

async fn set_user_active(centagate: Data<Centagate>, username: Path<String>, active: Json<bool>) -> HttpResponse {
    found(centagate.state().change_user(&username, |user| user.active = *active))
}

async fn bind_token(centagate: Data<Centagate>, username: Path<String>) -> HttpResponse {
    found(centagate.state().bind_token(&username))
}

async fn unbind_token(centagate: Data<Centagate>, username: Path<String>) -> HttpResponse {
    found(centagate.state().change_user(&username, |user| user.token = None))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    #[serde(default, deserialize_with = "present")]
    user_limit: Option<UserLimit>,
    licence_valid: Option<bool>,
    company_exists: Option<bool>,
}

/// A limit or `null`, which lifts it; an absent member is neither.
#[derive(Clone, Copy, Deserialize)]
struct UserLimit(Option<usize>);

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<UserLimit>, D::Error> {
    UserLimit::deserialize(deserializer).map(Some)
}

async fn change_settings(centagate: Data<Centagate>, settings: Json<Settings>) -> HttpResponse {
    let mut state = centagate.state();
    if let Some(UserLimit(limit)) = settings.user_limit {
        state.user_limit = limit;
    }
    if let Some(valid) = settings.licence_valid {
        state.licence_valid = valid;
    }
    if let Some(exists) = settings.company_exists {
        state.company_exists = exists;
    }
    done()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionPair {
    auth_token: String,
    secret_code: String,
}

async fn set_session(centagate: Data<Centagate>, session: Json<SessionPair>) -> HttpResponse {
    let session = session.into_inner();
    let mut state = centagate.state();
    state.sessions.end_all();
    state.sessions.add(session.auth_token, session.secret_code);
    done()
}

async fn end_sessions(centagate: Data<Centagate>) -> HttpResponse {
    centagate.state().sessions.end_all();
    done()
}

fn done() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

fn found(found: bool) -> HttpResponse {
    if found { done() } else { HttpResponse::NotFound().finish() }
}
