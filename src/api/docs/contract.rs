//! The contract as the gateway serves it.

use std::sync::LazyLock;

use actix_web::web::Bytes;
use utoipa::openapi::OpenApi;

use super::gzip::compress;
use crate::api::openapi;
use crate::configuration::PublicUrl;

/// The contract in two versions of OpenAPI. Each is made when it is first requested.
pub(crate) struct Contract {
    version_3_1: CompressedJson,
    version_3_0: CompressedJson,
}

/// JSON text, compressed with gzip.
type CompressedJson = LazyLock<Bytes, Box<dyn FnOnce() -> Bytes + Send>>;

impl Contract {
    /// The contract for callers who reach the gateway under `public_url`.
    pub(crate) fn new(public_url: Option<&PublicUrl>) -> Self {
        let json = |to_json: fn(&OpenApi) -> String| -> CompressedJson {
            let public_url = public_url.cloned();
            LazyLock::new(Box::new(move || compress(&to_json(&openapi::document(public_url.as_ref())))))
        };
        Self { version_3_1: json(openapi::to_json), version_3_0: json(openapi::to_json_3_0) }
    }

    /// The contract as OpenAPI 3.1, compressed with gzip.
    pub(super) fn version_3_1(&self) -> Bytes {
        self.version_3_1.clone()
    }

    /// The contract as OpenAPI 3.0, compressed with gzip.
    pub(super) fn version_3_0(&self) -> Bytes {
        self.version_3_0.clone()
    }
}
