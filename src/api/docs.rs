//! Swagger UI and the OpenAPI documents.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use super::gateway::Gateway;
use super::large_reply::LargeReply;
use super::page_headers;
use super::problems::{ApiError, Problem};

/// Swagger UI uses a relative URL for the document, so that both work behind any path prefix. It contacts no other server.
static CONFIG: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    Arc::new(
        Config::from("../openapi.json")
            .validator_url("none")
            .use_base_layout() // no bar for loading other documents
            .default_models_expand_depth(0)
            .try_it_out_enabled(true)
            .display_request_duration(true),
    )
});

/// `GET /openapi.json`: the contract as `OpenAPI` 3.1.
pub(super) async fn openapi(gateway: web::Data<Gateway>) -> Result<HttpResponse, ApiError> {
    json(gateway.contract.as_ref().map(|contract| &contract.version_3_1))
}

/// `GET /openapi-3.0.json`: the contract as `OpenAPI` 3.0.
pub(super) async fn openapi_3_0(gateway: web::Data<Gateway>) -> Result<HttpResponse, ApiError> {
    json(gateway.contract.as_ref().map(|contract| &contract.version_3_0))
}

fn json(document: Option<&Bytes>) -> Result<HttpResponse, ApiError> {
    let document = document.cloned().ok_or(Problem::NotFound)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(LargeReply(document)))
}

/// Redirects `/docs` to `/docs/`. The redirect is relative, because the browser may see a path with a prefix.
pub(super) async fn redirect() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "docs/")).finish()
}

/// The files of Swagger UI.
pub(super) async fn swagger_ui(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let name = request.match_info().query("file");
    let file = utoipa_swagger_ui::serve(name, Arc::clone(&CONFIG)).map_err(|_| Problem::Internal)?;
    let file = file.ok_or(Problem::NotFound)?;
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut reply = HttpResponse::Ok();
    page_headers::protect(&mut reply);
    Ok(reply.insert_header((CONTENT_TYPE, file.content_type)).body(LargeReply(bytes)))
}
