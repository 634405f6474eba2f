//! Control over sessions, credentials and the lock.

use actix_web::HttpResponse;
use actix_web::web::{self, Data, Json, ServiceConfig};
use serde::Deserialize;
use serde_json::json;

use super::reply::done;
use crate::Login;
use crate::centagate::Centagate;

pub(super) fn routes(routes: &mut ServiceConfig) {
    routes
        .route("/session", web::post().to(set_session))
        .route("/session", web::delete().to(end_sessions))
        .route("/login", web::post().to(set_login))
        .route("/account", web::get().to(show))
        .route("/lock", web::delete().to(unlock));
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

async fn set_login(centagate: Data<Centagate>, login: Json<Login>) -> HttpResponse {
    centagate.state().account.logins = vec![login.into_inner()];
    done()
}

async fn show(centagate: Data<Centagate>) -> HttpResponse {
    let state = centagate.state();
    let admin = state.users.get(&state.admin);
    HttpResponse::Ok().json(json!({
        "locked": admin.is_some_and(|admin| admin.locked),
        "wrongPasswords": admin.map_or(0, |admin| admin.failed_attempts),
        "liveSessions": state.sessions.live().count(),
        "logins": state.account.sessions_opened,
        "executions": state.executions,
    }))
}

async fn unlock(centagate: Data<Centagate>) -> HttpResponse {
    centagate.unlock_admin();
    done()
}
