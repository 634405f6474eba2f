//! `GET /problems`: explains every problem to people (HTML) and programs (JSON).

use std::sync::LazyLock;

use actix_web::http::header::{Accept, ContentType, Header, VARY};
use actix_web::{HttpRequest, HttpResponse};

use super::explanation::Explanation;
use super::html;
use crate::api::page_headers;

static JSON: LazyLock<String> =
    LazyLock::new(|| serde_json::to_string_pretty(&Explanation::all()).expect("strings serialize"));

static HTML: LazyLock<String> = LazyLock::new(|| html::page(&Explanation::all()));

/// `GET /problems`: explains every problem as HTML or JSON, depending on `Accept`.
pub(in crate::api) async fn problems(request: HttpRequest) -> HttpResponse {
    let mut reply = HttpResponse::Ok();
    reply.insert_header((VARY, "Accept"));
    page_headers::protect(&mut reply);
    if prefers_json(&request) {
        reply.content_type(ContentType::json()).body(JSON.as_str())
    } else {
        reply.content_type(ContentType::html()).body(HTML.as_str())
    }
}

fn prefers_json(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    accept
        .ranked()
        .iter()
        .find_map(|media_type| match media_type.essence_str() {
            "application/json" => Some(true),
            "text/html" | "text/*" | "*/*" => Some(false),
            _ => None,
        })
        .unwrap_or(false)
}
