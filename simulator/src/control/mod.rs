//! The HTTP interface for other processes; `control.md` describes it.

use actix_web::web::{self, Data, Json};
use actix_web::{HttpResponse, Scope};
use serde_json::json;

use self::reply::done;
use crate::Instruction;
use crate::centagate::Centagate;

mod account;
mod open_answers;
mod reply;
mod settings;
mod users;

/// All routes under `/simulator`.
pub(crate) fn scope() -> Scope {
    web::scope("/simulator")
        .route("/health", web::get().to(health))
        .route("/instructions", web::post().to(add_instruction))
        .route("/instructions", web::delete().to(clear_instructions))
        .route("/requests", web::get().to(list_requests))
        .route("/settings", web::post().to(settings::change))
        .route("/open-answers", web::get().to(open_answers::show))
        .route("/open-answers", web::post().to(open_answers::change))
        .configure(users::routes)
        .configure(account::routes)
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
