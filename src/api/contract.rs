//! The contract as the gateway serves it.

use actix_web::web::Bytes;

use super::openapi;
use crate::configuration::PublicUrl;

/// The contract as JSON text, in two versions of OpenAPI.
pub(crate) struct Contract {
    pub(super) version_3_1: Bytes,
    pub(super) version_3_0: Bytes,
}

impl Contract {
    /// The contract for callers who reach the gateway under `public_url`.
    pub(crate) fn new(public_url: Option<&PublicUrl>) -> Self {
        let document = openapi::document(public_url);
        Self { version_3_1: openapi::to_json(&document).into(), version_3_0: openapi::to_json_3_0(&document).into() }
    }
}
