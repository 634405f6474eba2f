//! The parameters of operations. Each is defined once, and operations refer to it.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr, Required};

use super::{REQUEST_ID, schemas};
use crate::operations::Spec;

/// An `Idempotency-Key`: bare, or in quotes with the two escapes of a String (RFC 9651).
const KEY: &str = r#"^(?:[!#-~][!-~]{0,254}|"(?:[!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// The definitions. A parameter of a path has its own name; a header has the name of its field.
pub(super) fn components() -> BTreeMap<String, RefOr<Parameter>> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let parameter = |name: &str, description: &str| {
        ParameterBuilder::new().name(name).description(Some(description)).parameter_in(ParameterIn::Header)
    };
    let id = parameter(
        "id",
        "The user name: 1 to 255 characters, percent-encoded once. No control characters (U+0000 to U+001F, U+007F to U+009F; the \
         pattern can express only the ASCII ones), and neither `.` nor `..`",
    )
    .parameter_in(ParameterIn::Path)
    .required(Required::True)
    .example(Some(json!("alice")))
    .schema(Some(text().min_length(Some(1)).max_length(Some(255)).pattern(Some(schemas::TEXT))));
    let kind = parameter("kind", "The kind of the token")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .example(Some(json!("mobile")))
        .schema(Some(Ref::from_schema_name("TokenKind")));
    let request_id = parameter(
        "X-Request-Id",
        "Your ID for this request: 1 to 128 letters, digits, dots, underscores and hyphens. The reply and the gateway's log \
         contain it. The gateway replaces an invalid ID by its own",
    )
    .required(Required::False)
    .example(Some(json!(REQUEST_ID)))
    .schema(Some(text()));
    let key = parameter(
        "Idempotency-Key",
        "Your key for this request, such as a UUID: 1 to 255 visible ASCII characters, bare or in quotes. The gateway executes \
         requests with the same key once. A retry with the same key, path and values gets the reply of the first request",
    )
    .required(Required::False)
    .schema(Some(text().pattern(Some(KEY))));
    [id, kind, request_id, key]
        .map(|parameter| {
            let parameter = parameter.build();
            (parameter.name.clone(), RefOr::T(parameter))
        })
        .into()
}

/// References to the parameters of an operation.
pub(super) fn of(spec: &Spec) -> Vec<RefOr<Parameter>> {
    let in_path = spec.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let key = spec.stored_as.map(|_| "Idempotency-Key");
    let names = in_path.chain(["X-Request-Id"]).chain(key);
    names.map(|name| RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")))).collect()
}
