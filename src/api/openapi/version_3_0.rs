//! Converts the document to OpenAPI 3.0.

use serde_json::{Map, Value, json};

/// Keys whose values are data, not schemas.
const DATA: [&str; 4] = ["example", "value", "default", "enum"];

/// Converts the document to `OpenAPI` 3.0.3, for tools that do not support 3.1. A nullable reference loses precision: 3.0 can
/// state `nullable` only beside the reference.
pub(super) fn convert(mut document: Value) -> Value {
    document["openapi"] = "3.0.3".into();
    if let Some(license) = document.pointer_mut("/info/license").and_then(Value::as_object_mut) {
        license.remove("identifier");
    }
    convert_all(&mut document);
    document
}

fn convert_all(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(convert_all),
        Value::Object(object) => {
            convert_schema(object);
            let nested = object.iter_mut().filter(|(key, _)| !DATA.contains(&key.as_str()));
            nested.for_each(|(_, value)| convert_all(value));
        }
        _ => {}
    }
}

/// Converts the keywords of a schema. No other object of the document has these keywords in this form.
fn convert_schema(schema: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = schema.get("type").cloned() {
        let not_null = types.iter().find(|name| *name != "null").cloned().unwrap_or_default();
        if types.len() > 1 {
            schema.insert("nullable".to_owned(), true.into());
        }
        schema.insert("type".to_owned(), not_null);
    }
    if let Some(Value::Array(alternatives)) = schema.get("oneOf").cloned() {
        let is_null = |alternative: &Value| *alternative == json!({ "type": "null" });
        let rest: Vec<Value> = alternatives.iter().filter(|alternative| !is_null(alternative)).cloned().collect();
        if rest.len() < alternatives.len() {
            schema.insert("nullable".to_owned(), true.into());
            schema.remove("oneOf");
            schema.insert(if rest.len() == 1 { "allOf" } else { "oneOf" }.to_owned(), rest.into());
        }
    }
    // In a schema, examples are a list; in a media type they are an object, which stays.
    if let Some(Value::Array(examples)) = schema.get("examples").cloned() {
        schema.remove("examples");
        schema.extend(examples.into_iter().next().map(|example| ("example".to_owned(), example)));
    }
    if schema.len() > 1
        && let Some(reference) = schema.remove("$ref")
    {
        schema.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::convert;

    #[test]
    fn each_keyword_that_3_0_lacks_is_replaced() {
        for (newer, older) in [
            (
                json!({ "type": ["string", "null"], "maxLength": 5 }),
                json!({ "type": "string", "nullable": true, "maxLength": 5 }),
            ),
            (json!({ "type": "string", "examples": ["a", "b"] }), json!({ "type": "string", "example": "a" })),
            (
                json!({ "oneOf": [{ "type": "null" }, { "$ref": "#/a", "description": "b" }] }),
                json!({ "nullable": true, "allOf": [{ "allOf": [{ "$ref": "#/a" }], "description": "b" }] }),
            ),
            (json!({ "$ref": "#/a" }), json!({ "$ref": "#/a" })),
            (json!({ "$ref": "#/a", "description": "b" }), json!({ "allOf": [{ "$ref": "#/a" }], "description": "b" })),
            (
                json!({ "properties": { "type": { "type": ["integer", "null"] } } }),
                json!({ "properties": { "type": { "type": "integer", "nullable": true } } }),
            ),
            (
                json!({ "examples": { "one": { "value": { "type": ["a"] } } } }),
                json!({ "examples": { "one": { "value": { "type": ["a"] } } } }),
            ),
            (json!({ "example": { "examples": [1] } }), json!({ "example": { "examples": [1] } })),
        ] {
            let converted =
                convert(json!({ "info": { "license": { "name": "MIT", "identifier": "MIT" } }, "schema": newer }));
            assert_eq!(converted["schema"], older);
            assert_eq!(
                (&converted["openapi"], &converted["info"]["license"]),
                (&json!("3.0.3"), &json!({ "name": "MIT" }))
            );
        }
    }
}
