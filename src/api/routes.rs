use actix_web::dev::ServiceRequest;
use actix_web::guard::{Any, Get, Head};
use actix_web::{HttpResponse, Resource, Route, web};

use super::create_user::create_user;
use super::get_user::get_user;
use super::register_otp_token::register_otp_token;
use super::{ApiError, Gateway, Problem, docs, problem_pages};

/// The patterns of all routes below the base path, as logs and metrics name them.
const PATTERNS: [&str; 8] = [
    "/users",
    "/users/{id}",
    "/users/{id}/otp-token",
    "/problems",
    "/openapi.json",
    "/openapi-3.0.json",
    "/docs",
    "/docs/{file}",
];

/// What stands for the pattern of a request that no route matches.
pub(super) const UNMATCHED: &str = "unmatched";

/// Mounts every route of the callers' side under the gateway's base path.
pub(crate) fn configure(config: &mut web::ServiceConfig, gateway: &web::Data<Gateway>) {
    // Not a scope: it would be one more turn for each request.
    let below = |path: &str| format!("{}{path}", gateway.base_path);
    config
        .app_data(gateway.clone())
        .service(post(&below("/users"), "/users").route(web::post().to(create_user)))
        .service(get(&below("/users/{id:[^/]+}"), "/users/{id}").route(get_or_head().to(get_user)))
        // An empty {id} is a fault of the path, not a missing route.
        .service(
            post(&below("/users/{id:[^/]*}/otp-token"), "/users/{id}/otp-token")
                .route(web::post().to(register_otp_token)),
        )
        .service(get(&below("/problems"), "/problems").route(get_or_head().to(problem_pages::problems)))
        .default_service(web::to(not_found));
    if gateway.contract.is_some() {
        config
            .service(get(&below("/openapi.json"), "/openapi.json").route(get_or_head().to(docs::openapi)))
            .service(get(&below("/openapi-3.0.json"), "/openapi-3.0.json").route(get_or_head().to(docs::openapi_3_0)))
            .service(get(&below("/docs"), "/docs").route(get_or_head().to(docs::redirect)))
            .service(get(&below("/docs/{file:.*}"), "/docs/{file}").route(get_or_head().to(docs::swagger_ui)));
    }
}

/// The pattern of the route that `request` takes.
pub(super) fn pattern(request: &ServiceRequest) -> &'static str {
    let name = request.match_name();
    PATTERNS.into_iter().find(|pattern| name == Some(pattern)).unwrap_or(UNMATCHED)
}

/// A resource that takes POST alone; `name` is its pattern in logs and metrics.
fn post(path: &str, name: &str) -> Resource {
    let refuse = || async { Err::<HttpResponse, _>(ApiError::method_not_allowed("POST")) };
    web::resource(path).name(name).default_service(web::to(refuse))
}

/// A resource that takes GET and HEAD alone; `name` is its pattern in logs and metrics.
pub(super) fn get(path: &str, name: &str) -> Resource {
    let refuse = || async { Err::<HttpResponse, _>(ApiError::method_not_allowed("GET, HEAD")) };
    web::resource(path).name(name).default_service(web::to(refuse))
}

/// RFC 9110, section 9.1: whatever takes GET takes HEAD.
pub(super) fn get_or_head() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(Problem::NotFound.into())
}
