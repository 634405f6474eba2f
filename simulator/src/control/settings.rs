//! Control over the settings, all in one request body.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, Json};
use serde::{Deserialize, Deserializer};

use super::reply::done;
use crate::centagate::Centagate;
use crate::{Obstacle, ReturnCode};

/// The changes; an absent member changes nothing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Settings {
    #[serde(default, deserialize_with = "present")]
    user_limit: Option<OrNull<usize>>,
    licence_valid: Option<bool>,
    company_exists: Option<bool>,
    allowed_attempts: Option<u32>,
    approval_required: Option<bool>,
    registration_denial: Option<String>,
    session_timeout_ms: Option<u64>,
    report_session_timeout: Option<bool>,
    single_session: Option<bool>,
    clock_skew_seconds: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    obstacle: Option<OrNull<Obstacle>>,
}

/// A value, or `null`, which removes the value. An absent member is neither.
#[derive(Deserialize)]
struct OrNull<T>(Option<T>);

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<OrNull<T>>, D::Error> {
    Option::deserialize(deserializer).map(|value| Some(OrNull(value)))
}

pub(super) async fn change(centagate: Data<Centagate>, settings: Json<Settings>) -> HttpResponse {
    let settings = settings.into_inner();
    let denial = match settings.registration_denial.as_deref().map(ReturnCode::find) {
        Some(None) => return HttpResponse::BadRequest().body("registrationDenial is not a known code"),
        Some(denial) => denial,
        None => None,
    };
    let mut state = centagate.state();
    let state = &mut *state;
    set(&mut state.user_limit, settings.user_limit.map(|limit| limit.0));
    set(&mut state.licence_valid, settings.licence_valid);
    set(&mut state.company_exists, settings.company_exists);
    set(&mut state.allowed_attempts, settings.allowed_attempts);
    set(&mut state.approvals.required, settings.approval_required);
    set(&mut state.clock.skew_seconds, settings.clock_skew_seconds);
    set(&mut state.registration_denial, denial);
    let account = &mut state.account;
    set(&mut account.session_timeout, settings.session_timeout_ms.map(Duration::from_millis));
    set(&mut account.report_session_timeout, settings.report_session_timeout);
    set(&mut account.single_session, settings.single_session);
    set(&mut account.obstacle, settings.obstacle.map(|obstacle| obstacle.0));
    done()
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}
