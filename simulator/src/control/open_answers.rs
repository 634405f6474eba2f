//! Control over the answers to open questions.

use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use serde_json::{Map, Value};

use super::reply::done;
use crate::centagate::Centagate;

pub(super) async fn show(centagate: Data<Centagate>) -> HttpResponse {
    HttpResponse::Ok().json(centagate.state().open_answers)
}

pub(super) async fn change(centagate: Data<Centagate>, changes: Json<Map<String, Value>>) -> HttpResponse {
    let mut state = centagate.state();
    match state.open_answers.with(changes.into_inner()) {
        Ok(answers) => {
            state.open_answers = answers;
            done()
        }
        Err(error) => HttpResponse::BadRequest().body(error.to_string()),
    }
}
