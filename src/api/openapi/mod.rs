//! The contract as an OpenAPI document, made from the table of operations and the table of problems.

mod document;
mod example_order;
mod headers;
mod parameters;
mod responses;
mod schemas;
mod version_3_0;

pub(crate) use document::{document, to_json, to_json_3_0};

/// The request ID in examples.
const REQUEST_ID: &str = "order-4711";
