//! The explanation of a problem, for `/problems`.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};

use super::document::urn;
use super::table::Problem;

/// What `/problems` says about one problem.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Explanation {
    #[serde(rename = "type")]
    type_: String,
    pub(super) code: &'static str,
    #[serde(serialize_with = "number")]
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) detail: &'static str,
    pub(super) advice: &'static str,
}

impl Explanation {
    /// The explanations of all problems, in the order of the table.
    pub(super) fn all() -> Vec<Self> {
        let explanations = Problem::ALL.iter().map(|problem| {
            let entry = problem.entry();
            Self {
                type_: urn(entry.code),
                code: entry.code,
                status: entry.status,
                title: entry.title,
                detail: entry.detail,
                advice: entry.advice,
            }
        });
        explanations.collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type that serde expects")]
fn number<S: Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
