//! `GET /problems`: explains every problem to people (HTML) and programs (JSON).

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::http::header::{Accept, ContentType, Header, VARY};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::document::urn;
use super::table::Problem;
use crate::api::page_headers;

/// The explanation of one problem.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Explanation {
    #[serde(rename = "type")]
    type_: String,
    code: &'static str,
    status: u16,
    title: &'static str,
    detail: &'static str,
    advice: &'static str,
}

static JSON: LazyLock<String> = LazyLock::new(|| {
    let explanations: Vec<_> = explanations().collect();
    serde_json::to_string_pretty(&explanations).expect("strings serialize")
});

static HTML: LazyLock<String> = LazyLock::new(|| {
    let mut page = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Problems of the CENTAGATE gateway\
        </title></head>\n<body>\n<h1>Problems</h1>\n<p>Every error reply is a problem document (RFC 9457); its <code>code</code> \
        is one of these.</p>\n"
        .to_owned();
    for Explanation { type_, code, status, title, detail, advice } in explanations() {
        let anchor = code.replace('_', "-");
        let _ = writeln!(
            page,
            "<h2 id=\"{anchor}\"><a href=\"#{anchor}\">{title}</a></h2>\n<p>Status {status}, <code>code</code> \
             <code>{code}</code>, <code>type</code> <code>{type_}</code></p>\n<p>{detail}</p>\n<p>What to do: {advice}</p>",
            advice = advice.replace('<', "&lt;").replace('>', "&gt;"),
        );
    }
    page + "</body>\n</html>\n"
});

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

fn explanations() -> impl Iterator<Item = Explanation> {
    Problem::ALL.iter().map(|problem| {
        let entry = problem.entry();
        Explanation {
            type_: urn(entry.code),
            code: entry.code,
            status: entry.status.as_u16(),
            title: entry.title,
            detail: entry.detail,
            advice: entry.advice,
        }
    })
}
