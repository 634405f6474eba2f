//! Mounts the operations of the table, and the routes that explain them.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use actix_web::dev::ServiceRequest;
use actix_web::guard::{Any, Get, Head};
use actix_web::http::Method;
use actix_web::web::{self, Payload, ReqData};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};

use super::gateway::Gateway;
use super::problems::{self, ApiError, Problem};
use super::record::{RequestRecord, UNMATCHED};
use super::{docs, pipeline};
use crate::operations::{self, Row, TABLE};

/// The patterns of all routes below the base path, as logs and metrics name them.
static PATTERNS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let fixed = ["/", "/problems", "/openapi.json", "/openapi-3.0.json", "/docs", "/docs/{file}"];
    TABLE.iter().map(|row| row.spec.path).chain(fixed).collect()
});

/// Mounts every route of the API listener under the base path.
pub(crate) fn configure(config: &mut web::ServiceConfig, gateway: &web::Data<Gateway>) {
    // Not a `web::scope`: that adds a routing step to every request.
    let below = |path: &str| format!("{}{path}", gateway.base_path);
    config.app_data(gateway.clone());
    let mut by_path: BTreeMap<&str, Vec<&'static Row>> = BTreeMap::new();
    for row in TABLE {
        by_path.entry(row.spec.path).or_default().push(row);
    }
    for (path, rows) in by_path {
        config.service(resource(&below(&actix_pattern(path)), path, &rows));
    }
    config
        .service(get(&below("/problems"), "/problems").route(get_or_head().to(problems::problems)))
        .default_service(web::to(not_found));
    if gateway.contract.is_some() {
        config
            .service(get(&below("/openapi.json"), "/openapi.json").route(get_or_head().to(docs::openapi)))
            .service(get(&below("/openapi-3.0.json"), "/openapi-3.0.json").route(get_or_head().to(docs::openapi_3_0)))
            .service(get(&below("/"), "/").route(get_or_head().to(docs::redirect)))
            .service(get(&below("/docs"), "/docs").route(get_or_head().to(docs::redirect)))
            .service(get(&below("/docs/{file:.*}"), "/docs/{file}").route(get_or_head().to(docs::swagger_ui)));
    }
}

/// The pattern of the route that `request` takes.
pub(super) fn pattern(request: &ServiceRequest) -> &'static str {
    let name = request.match_name();
    PATTERNS.iter().copied().find(|pattern| name == Some(pattern)).unwrap_or(UNMATCHED)
}

/// The operations of one path. Any other method gets 405 with `Allow`.
fn resource(path: &str, name: &str, rows: &[&'static Row]) -> Resource {
    let allow = rows.iter().map(|row| match row.spec.method {
        operations::Method::Get => "GET, HEAD",
        other => other.as_str(),
    });
    let resource = refusing_other_methods(path, name, &allow.collect::<Vec<_>>().join(", "));
    rows.iter().fold(resource, |resource, row| resource.route(route(row)))
}

fn route(row: &'static Row) -> Route {
    let route = match row.spec.method {
        operations::Method::Get => get_or_head(),
        operations::Method::Post => web::post(),
        operations::Method::Put => web::put(),
        operations::Method::Patch => web::method(Method::PATCH),
        operations::Method::Delete => web::delete(),
    };
    route.to(
        move |request: HttpRequest,
              payload: Payload,
              gateway: web::Data<Gateway>,
              record: ReqData<Arc<RequestRecord>>| {
            pipeline::handle(row, request, payload, gateway, record.into_inner())
        },
    )
}

/// `path` as actix writes it. Only the last parameter must not be empty: an empty one before is a fault of the path, not a
/// missing route.
fn actix_pattern(path: &str) -> String {
    let (init, last) = path.rsplit_once('/').unwrap_or_default();
    format!("{}/{}", init.replace('}', ":[^/]*}"), last.replace('}', ":[^/]+}"))
}

/// A resource that supports GET and HEAD. `name` is its pattern in logs and metrics.
pub(super) fn get(path: &str, name: &str) -> Resource {
    refusing_other_methods(path, name, "GET, HEAD")
}

/// A route for GET and HEAD (RFC 9110, section 9.1: a resource that supports GET supports HEAD).
pub(super) fn get_or_head() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}

fn refusing_other_methods(path: &str, name: &str, allow: &str) -> Resource {
    let allow: Arc<str> = allow.into();
    let refuse = move || {
        let allow = Arc::clone(&allow);
        async { Err::<HttpResponse, _>(ApiError::method_not_allowed(allow)) }
    };
    web::resource(path).name(name).default_service(web::to(refuse))
}

async fn not_found() -> Result<HttpResponse, ApiError> {
    Err(Problem::NotFound.into())
}
