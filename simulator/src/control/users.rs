//! Control over groups, users and their tokens.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, Path, ServiceConfig};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::reply::done;
use crate::centagate::Centagate;
use crate::{Change, User};

pub(super) fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/groups", web::post().to(add_group))
        .route("/stock", web::post().to(add_to_stock))
        .route("/users", web::get().to(list_users))
        .route("/users", web::post().to(put_user))
        .route("/users/{username}", web::get().to(show_user))
        .route("/users/{username}/approval", web::post().to(decide))
        .route("/users/{username}/active", web::post().to(set_user_active))
        .route("/users/{username}/locked", web::post().to(set_user_locked))
        .route("/users/{username}/token", web::post().to(bind_token))
        .route("/users/{username}/token", web::delete().to(unbind_token));
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

async fn add_group(centagate: Data<Centagate>, group: Json<Group>) -> HttpResponse {
    centagate.state().groups.insert(group.into_inner().name);
    done()
}

async fn add_to_stock(centagate: Data<Centagate>, serial_number: Json<String>) -> HttpResponse {
    centagate.state().stock.insert(serial_number.into_inner());
    done()
}

async fn list_users(centagate: Data<Centagate>) -> HttpResponse {
    HttpResponse::Ok().json(centagate.state().users.iter().collect::<Vec<_>>())
}

/// Everything that is stored about a user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WholeUser<'a> {
    #[serde(flatten)]
    user: &'a User,
    password_set: bool,
    waiting_changes: Vec<&'a Change>,
}

/// A user who waits to be created is shown, too.
async fn show_user(centagate: Data<Centagate>, username: Path<String>) -> HttpResponse {
    let state = centagate.state();
    let waiting = || state.approvals.new_users().find(|user| user.username == *username);
    let Some(user) = state.users.get(&username).or_else(waiting) else {
        return HttpResponse::NotFound().finish();
    };
    let waiting_changes = state.approvals.of(&username).collect();
    HttpResponse::Ok().json(WholeUser { user, password_set: user.password.is_some(), waiting_changes })
}

async fn decide(centagate: Data<Centagate>, username: Path<String>, approved: Json<bool>) -> HttpResponse {
    found(centagate.state().decide(&username, *approved))
}

async fn put_user(centagate: Data<Centagate>, user: Json<User>) -> HttpResponse {
    let id = centagate.state().users.put(user.into_inner());
    HttpResponse::Ok().json(json!({"id": id}))
}

async fn set_user_active(centagate: Data<Centagate>, username: Path<String>, active: Json<bool>) -> HttpResponse {
    found(centagate.state().users.change(&username, |user| user.active = *active))
}

async fn set_user_locked(centagate: Data<Centagate>, username: Path<String>, locked: Json<bool>) -> HttpResponse {
    found(centagate.state().users.change(&username, |user| user.set_locked(*locked)))
}

async fn bind_token(centagate: Data<Centagate>, username: Path<String>) -> HttpResponse {
    found(centagate.state().users.bind_token(&username))
}

async fn unbind_token(centagate: Data<Centagate>, username: Path<String>) -> HttpResponse {
    found(centagate.state().users.change(&username, |user| user.tokens.mobile = None))
}

fn found(found: bool) -> HttpResponse {
    if found { done() } else { HttpResponse::NotFound().finish() }
}
