//! The headers of replies. Each is defined once, and responses refer to it.

use std::collections::BTreeMap;

use serde_json::json;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Ref, RefOr};

use super::REQUEST_ID;
use crate::operations::Spec;

/// Headers by name.
pub(super) type Headers = BTreeMap<String, RefOr<Header>>;

pub(super) const ACCEPT_ENCODING: &str = "Accept-Encoding";
pub(super) const ACCEPT_POST: &str = "Accept-Post";
pub(super) const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";
pub(super) const LOCATION: &str = "Location";
pub(super) const RATE_LIMIT: &str = "RateLimit";
pub(super) const RATE_LIMIT_POLICY: &str = "RateLimit-Policy";
pub(super) const RETRY_AFTER: &str = "Retry-After";
pub(super) const WWW_AUTHENTICATE: &str = "WWW-Authenticate";
pub(super) const X_REQUEST_ID: &str = "X-Request-Id";

/// Each header's name, description and example.
const HEADERS: [(&str, &str, &str); 9] = [
    (ACCEPT_ENCODING, "The content coding that a request may have, if its coding is the fault", "identity"),
    (ACCEPT_POST, "The media type that a request may have", "application/json"),
    (IDEMPOTENT_REPLAYED, "Marks the replay of an earlier reply with the same Idempotency-Key", "true"),
    (LOCATION, "The path of the new user, with a percent-encoded name", "/users/alice"),
    (RATE_LIMIT, "r requests are left; all of them are available again in t seconds", "\"requests\";r=299;t=1"),
    (RATE_LIMIT_POLICY, "At most q requests at once, refilled within w seconds", "\"requests\";q=300;w=30"),
    (RETRY_AFTER, "Seconds to wait", "5"),
    (WWW_AUTHENTICATE, "The authentication scheme", "Bearer"),
    (X_REQUEST_ID, "The ID of this request: yours, if it was valid", REQUEST_ID),
];

/// The definitions.
pub(super) fn components() -> Headers {
    let header = |(name, description, example): (&str, &str, &str)| {
        let schema = ObjectBuilder::new().schema_type(Type::String);
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description));
        (name.to_owned(), RefOr::T(header.example(Some(json!(example))).build()))
    };
    HEADERS.into_iter().map(header).collect()
}

/// References to the headers with these names.
pub(super) fn references(names: &[&str]) -> Headers {
    let reference = |name: &&str| ((*name).to_owned(), RefOr::Ref(Ref::new(format!("#/components/headers/{name}"))));
    names.iter().map(reference).collect()
}

/// The headers of a successful reply.
pub(super) fn of_success(spec: &Spec) -> Headers {
    let mut names = vec![X_REQUEST_ID, RATE_LIMIT, RATE_LIMIT_POLICY];
    if spec.stored_as.is_some() {
        names.push(IDEMPOTENT_REPLAYED);
    }
    if spec.docs.has_location {
        names.push(LOCATION);
    }
    references(&names)
}
