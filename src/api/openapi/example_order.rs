//! The order of examples. Swagger UI shows the first one.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::problems::Problem;

/// A JSON document whose objects keep the order of their members.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Document {
    Object(IndexMap<String, Document>),
    Array(Vec<Document>),
    Scalar(Value),
}

/// Puts the examples of problems in the order of the table of problems. `utoipa` sorts them by name.
pub(super) fn likeliest_first(json: &str) -> String {
    let mut document = serde_json::from_str(json).expect("the document is JSON");
    sort(&mut document);
    serde_json::to_string_pretty(&document).expect("the document serializes")
}

fn sort(document: &mut Document) {
    match document {
        Document::Object(members) => {
            if let Some(Document::Object(examples)) = members.get_mut("examples") {
                examples.sort_by_key(|code, _| Problem::ALL.iter().position(|problem| problem.entry().code == code));
            }
            members.values_mut().for_each(sort);
        }
        Document::Array(items) => items.iter_mut().for_each(sort),
        Document::Scalar(_) => {}
    }
}
