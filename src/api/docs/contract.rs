//! The contract as the gateway serves it.

use std::sync::LazyLock;

use utoipa::openapi::OpenApi;

use super::gzip::Gzip;
use crate::api::openapi;
use crate::configuration::PublicUrl;

/// The contract in two versions of OpenAPI, as JSON. Each is made when it is first requested.
pub(crate) struct Contract {
    pub(super) version_3_1: LazyGzip,
    pub(super) version_3_0: LazyGzip,
}

type LazyGzip = LazyLock<Gzip, Box<dyn FnOnce() -> Gzip + Send>>;

impl Contract {
    /// The contract for callers who reach the gateway under `public_url`.
    pub(crate) fn new(public_url: Option<&PublicUrl>) -> Self {
        let json = |to_json: fn(&OpenApi) -> String| -> LazyGzip {
            let public_url = public_url.cloned();
            LazyLock::new(Box::new(move || Gzip::compress(&to_json(&openapi::document(public_url.as_ref())))))
        };
        Self { version_3_1: json(openapi::to_json), version_3_0: json(openapi::to_json_3_0) }
    }
}
