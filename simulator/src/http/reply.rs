//! The replies: the JSON envelope of a call, replies from instructions, and the pages of the servlet container.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde::Serialize;
use serde_json::Value;

use crate::ReturnCode;

/// A reply, or the end of the connection.
pub(crate) enum Reply {
    /// An HTTP reply, and the return code in it.
    Http(HttpResponse, Option<String>),
    /// The connection ends before the first byte of a reply.
    Cut,
}

/// `{"code":…,"message":…,"object":…}`, in this order (`wire-facts.md` section 1.1).
#[derive(Serialize)]
struct Envelope<'a> {
    code: &'a Value,
    message: &'a str,
    object: &'a Value,
}

impl Reply {
    /// HTTP 200 with the envelope.
    pub(crate) fn envelope(code: &Value, message: &str, object: &Value) -> Self {
        let envelope = Envelope { code, message, object };
        let body = serde_json::to_vec(&envelope).expect("an envelope has string keys only");
        Self::Http(json(body), code_text(code))
    }

    /// The envelope of a return code.
    pub(crate) fn code(code: ReturnCode, object: impl Into<Value>) -> Self {
        Self::envelope(&code.code.into(), code.message, &object.into())
    }

    /// HTTP 200 with any JSON.
    pub(crate) fn json(body: &Value) -> Self {
        let code = body.get("code").and_then(code_text);
        Self::Http(json(body.to_string().into_bytes()), code)
    }

    /// A reply exactly as an instruction describes it.
    pub(crate) fn verbatim(
        status: u16,
        content_type: Option<String>,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::build(status);
        if let Some(content_type) = content_type {
            response.insert_header((header::CONTENT_TYPE, content_type));
        }
        for pair in headers {
            response.append_header(pair);
        }
        Self::Http(response.body(body), None)
    }
}

/// The error page of a servlet container, for requests that reach no call (`wire-facts.md` section 1.3, *Non-200 bodies*).
pub(crate) fn container_page(status: StatusCode) -> HttpResponse {
    let title = format!("HTTP Status {} - {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    HttpResponse::build(status)
        .content_type("text/html;charset=utf-8")
        .body(format!("<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"))
}

/// A code as text, whatever its JSON type; `None` if it is neither a string nor a number.
pub(crate) fn code_text(code: &Value) -> Option<String> {
    match code {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn json(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(body)
}
