//! Completes the schemas that are derived from the types of requests and replies.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::ToSchema as _;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{Object, Schema};

use crate::api::problems::{Problem, ProblemDocument};

/// The rules of `domain::Text` and `domain::Username`, as far as every regular expression engine supports them: Go and Rust
/// have no look-around, PHP has no `\u` and matches bytes above 7F one by one. [`TEXT_RULE`] states the rest.
pub(super) const TEXT: &str = r"^[^\x00-\x1f\x7f]+$";
const TEXT_RULE: &str = "No control characters (U+0000 to U+001F, U+007F to U+009F) and no bidirectional controls (U+202A to \
                         U+202E, U+2066 to U+2069); the pattern can express only the ASCII ones.";

/// The schemas of request bodies, and the schemas that they use.
const REQUESTS: [&str; 3] = ["CreateUserRequest", "AdditionalText", "UpdateUserRequest"];

/// The schemas of words in replies. Later versions may add words.
const OPEN_WORDS: [&str; 5] = ["BoundTokenType", "BoundTokenStatus", "DeviceStatus", "Outcome", "TokenStatus"];

/// Lists the known words without closing the set: clients must accept others.
fn open_words(object: &mut Object, words: Vec<Value>) {
    object.enum_values = None;
    object.examples = vec![words[0].clone()];
    object.extensions = Some(ExtensionsBuilder::new().add("x-extensible-enum", words).build());
    object.description = object.description.take().map(|text| format!("{text} More words may be added."));
}

/// Adds the pattern of a text to `object` and its properties.
fn add_patterns(object: &mut Object) {
    if object.max_length == Some(255) {
        object.pattern = Some(TEXT.to_owned());
        object.description = object.description.take().map(|text| format!("{text} {TEXT_RULE}"));
    }
    for property in object.properties.values_mut() {
        if let RefOr::T(Schema::Object(property)) = property {
            add_patterns(property);
        }
    }
}

/// Completes the derived schemas with what attributes cannot express.
pub(super) fn complete(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    for (name, schema) in schemas.iter_mut() {
        if let RefOr::T(Schema::Object(object)) = schema {
            if REQUESTS.contains(&name.as_str()) {
                add_patterns(object);
            }
            if OPEN_WORDS.contains(&name.as_str())
                && let Some(words) = object.enum_values.take()
            {
                open_words(object, words);
            }
        }
    }
    if let Some(RefOr::T(Schema::Object(problem))) = schemas.get_mut(ProblemDocument::name().as_ref())
        && let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code")
    {
        open_words(code, Problem::ALL.iter().map(|problem| json!(problem.entry().code)).collect());
    }
}
