//! Swagger UI and the OpenAPI documents.

mod contract;
mod gzip;
mod swagger_ui;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use actix_web::web;
use actix_web::{HttpRequest, HttpResponse};

pub(crate) use self::contract::Contract;
use self::gzip::Gzip;
use self::swagger_ui::File;
use super::gateway::Gateway;
use super::page_headers;
use super::problems::{ApiError, Problem};

/// `GET /openapi.json`: the contract as `OpenAPI` 3.1.
pub(super) async fn openapi(request: HttpRequest, gateway: web::Data<Gateway>) -> Result<HttpResponse, ApiError> {
    json(&request, gateway.contract.as_ref().map(|contract| &*contract.version_3_1))
}

/// `GET /openapi-3.0.json`: the contract as `OpenAPI` 3.0.
pub(super) async fn openapi_3_0(request: HttpRequest, gateway: web::Data<Gateway>) -> Result<HttpResponse, ApiError> {
    json(&request, gateway.contract.as_ref().map(|contract| &*contract.version_3_0))
}

fn json(request: &HttpRequest, document: Option<&Gzip>) -> Result<HttpResponse, ApiError> {
    let document = document.ok_or(Problem::NotFound)?;
    Ok(document.reply(HttpResponse::Ok().content_type("application/json"), request))
}

/// Redirects `/` and `/docs` to `/docs/`. The redirect is relative, because the browser may see a path with a prefix.
pub(super) async fn redirect() -> HttpResponse {
    HttpResponse::TemporaryRedirect().insert_header((LOCATION, "docs/")).finish()
}

/// The files of Swagger UI. Browsers can cache those whose names contain a hash forever.
pub(super) async fn swagger_ui(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let file = File::find(request.match_info().query("file")).ok_or(Problem::NotFound)?;
    let mut reply = HttpResponse::Ok();
    page_headers::protect(&mut reply);
    reply.insert_header((CONTENT_TYPE, file.media_type));
    if file.is_immutable() {
        reply.insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"));
    }
    Ok(file.content.reply(&mut reply, &request))
}
