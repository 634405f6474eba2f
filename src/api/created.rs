use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{ContentType, LOCATION};
use serde::{Deserialize, Serialize};

use super::ApiError;
use super::problem::Problem;
use crate::centagate::{self, ReturnCode};
use crate::store::Settlement;

/// The reply to a create.
pub(super) struct Created {
    /// Where the new resource is.
    pub(super) location: Option<String>,
    /// JSON; it may hold secrets.
    pub(super) body: String,
    /// How long its secrets are valid, if it holds any.
    pub(super) secrets_valid_for: Option<Duration>,
    /// Whether it was made for an earlier request with the same `Idempotency-Key`.
    pub(super) replayed: bool,
}

impl Created {
    /// A reply whose body is `body`, made for this request.
    pub(super) fn new(location: Option<String>, body: &impl Serialize, secrets_valid_for: Option<Duration>) -> Self {
        let body = serde_json::to_string(body).expect("texts serialize");
        Self { location, body, secrets_valid_for, replayed: false }
    }
}

impl From<Created> for HttpResponse {
    fn from(created: Created) -> Self {
        let mut reply = Self::Created();
        reply.insert_header(ContentType::json());
        if let Some(location) = created.location {
            reply.insert_header((LOCATION, location));
        }
        if created.replayed {
            reply.insert_header(super::IDEMPOTENT_REPLAYED);
        }
        reply.body(created.body)
    }
}

/// What is remembered of a create for those who repeat it.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Remembered {
    Created {
        location: Option<String>,
        body: String,
    },
    /// CENTAGATE's return code.
    Refused(i64),
}

/// What to remember of `result`: the contract's table says for each problem what happens to the key.
pub(super) fn settlement(result: &Result<Created, ApiError>) -> Settlement {
    let remember = |remembered: &Remembered, valid_for| {
        let reply = serde_json::to_string(remembered).expect("texts and numbers serialize");
        Settlement::Reply { reply: reply.into(), valid_for }
    };
    match result {
        Ok(Created { location, body, secrets_valid_for, .. }) => {
            remember(&Remembered::Created { location: location.clone(), body: body.clone() }, *secrets_valid_for)
        }
        Err(error) => match (error.problem, error.upstream_code) {
            (Problem::EmailTaken | Problem::UsernameTaken | Problem::OtpTokenAlreadyRegistered, Some(code)) => {
                remember(&Remembered::Refused(code), None)
            }
            _ if error.nothing_was_executed() => Settlement::Release,
            _ => Settlement::Unknown,
        },
    }
}

/// What `reply`, remembered of an earlier request, is for one that repeats it.
pub(super) fn replay(reply: &str) -> Result<Created, ApiError> {
    match serde_json::from_str(reply) {
        Ok(Remembered::Created { location, body }) => {
            Ok(Created { location, body, secrets_valid_for: None, replayed: true })
        }
        Ok(Remembered::Refused(code)) => {
            Err(ApiError::from(&centagate::Error::Refused(ReturnCode::new(code))).replayed())
        }
        Err(_) => Err(Problem::OutcomeUnknown.into()),
    }
}
