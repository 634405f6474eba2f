//! The document: operations, schemas and the components that they share.

use serde_json::Value;
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, PathItem, PathsBuilder};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, License, OpenApi, Ref, RefOr, Required, ResponseBuilder, Server,
};

use super::example_order::likeliest_first;
use super::responses::Responses;
use super::{headers, parameters, schemas, version_3_0};
use crate::api::input::{Body, Fault};
use crate::api::problems::ProblemDocument;
use crate::configuration::PublicUrl;
use crate::operations::{Content, Method, Row, TABLE};

/// The description of the document. `{problems}` is the URL of the page that explains the problems.
const DESCRIPTION: &str = "\
Administers users and tokens in CENTAGATE. The gateway keeps the administrator's secrets, signs each call, and maps \
CENTAGATE's return codes to HTTP statuses.

Every error is a problem document (RFC 9457). Its `code` is a stable word; [`GET /problems`]({problems}) explains all of \
them. If a problem concerns a call to CENTAGATE, `outcome` says whether the request was executed. After `notExecuted`, the \
request can be sent again. After `unknown`, first find out what happened; each operation's description says how.

Within 1.x, members may be added to replies, and words may be added to the members marked `x-extensible-enum`; none are \
removed. Ignore members that you do not know, and handle an unknown word as the general case.";

/// The tags, with their descriptions.
const TAGS: [(&str, &str); 3] = [
    ("Users", "Users of CENTAGATE"),
    ("OTP tokens", "Tokens that activate the mobile app"),
    ("Tokens", "Tokens of all kinds, and certificates"),
];

/// The document for callers who reach the gateway under `public_url`, or at the root of its own address.
pub(crate) fn document(public_url: Option<&PublicUrl>) -> OpenApi {
    let problems = format!("{}/problems", public_url.map(ToString::to_string).unwrap_or_default());
    let mut license = License::new("MIT");
    license.identifier = Some("MIT".to_owned());
    let info = InfoBuilder::new()
        .title("CENTAGATE gateway")
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(license))
        .description(Some(DESCRIPTION.replace("{problems}", &problems)));
    let mut responses = Responses::default();
    let paths = TABLE.iter().fold(PathsBuilder::new(), |paths, row| {
        paths.path(row.spec.path, PathItem::new(http_method(row.spec.method), operation(row, &mut responses)))
    });
    let mut document = OpenApi::new(info.build(), paths.build());
    document.components = Some(components(responses));
    document.tags = Some(
        TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build()).into(),
    );
    let base_path = public_url.map_or("", PublicUrl::path);
    document.servers = Some(vec![Server::new(if base_path.is_empty() { "/" } else { base_path })]);
    document
}

/// The document as JSON text.
pub(crate) fn to_json(document: &OpenApi) -> String {
    let mut text = likeliest_first(&document.to_pretty_json().expect("an OpenAPI document serializes"));
    text.push('\n');
    text
}

/// The document as OpenAPI 3.0.3 in JSON text, for tools that do not support 3.1.
pub(crate) fn to_json_3_0(document: &OpenApi) -> String {
    let document = serde_json::to_value(document).expect("an OpenAPI document serializes");
    let mut text = serde_json::to_string_pretty(&version_3_0::convert(document)).expect("JSON serializes");
    text.push('\n');
    text
}

fn operation(row: &'static Row, responses: &mut Responses) -> Operation {
    let (spec, docs) = (row.spec, &row.spec.docs);
    let description = format!(
        "{}\n\nRequires the scope `{}`.\n\nIf the outcome is unknown: {}",
        docs.description,
        spec.scope.as_str(),
        spec.settle
    );
    let mut operation = OperationBuilder::new()
        .tag(docs.tag)
        .summary(Some(docs.summary))
        .description(Some(description))
        .operation_id(Some(spec.id))
        .security(SecurityRequirement::new("callerKey", Vec::<String>::new()))
        .build();
    operation.parameters = Some(parameters::of(spec));
    operation.request_body = docs.request.as_ref().map(|request| {
        let is_required = if spec.body == Body::Optional { Required::False } else { Required::True };
        let body = RequestBodyBuilder::new().description(Some(request.description)).required(Some(is_required));
        RefOr::T(body.content("application/json", content(request)).build())
    });
    let mut success = ResponseBuilder::new().description(docs.success);
    if let Some(reply) = &docs.reply {
        success = success.content("application/json", content(reply));
    }
    let mut success = success.build();
    success.headers = headers::of_success(spec);
    operation.responses.responses.insert(spec.success.to_string(), RefOr::T(success));
    operation.responses.responses.extend(responses.of(row));
    operation
}

fn content(content: &Content) -> utoipa::openapi::Content {
    let example: Value = serde_json::from_str(content.example).expect("an example is JSON");
    let schema = Ref::from_schema_name((content.schema.name)());
    ContentBuilder::new().schema(Some(schema)).example(Some(example)).build()
}

fn components(responses: Responses) -> Components {
    let mut components = Components::new();
    let mut collected = Vec::new();
    for content in TABLE.iter().flat_map(|row| [&row.spec.docs.request, &row.spec.docs.reply]).flatten() {
        collected.push(((content.schema.name)().into_owned(), (content.schema.definition)()));
        (content.schema.collect)(&mut collected);
    }
    ProblemDocument::schemas(&mut collected);
    collected.push((ProblemDocument::name().into_owned(), <ProblemDocument<'_> as utoipa::PartialSchema>::schema()));
    collected.push((Fault::name().into_owned(), <Fault as utoipa::PartialSchema>::schema()));
    components.schemas.extend(collected);
    schemas::complete(&mut components.schemas);
    components.headers = headers::components();
    components.parameters = parameters::components();
    (components.responses, components.examples) = responses.into_components();
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "A caller key, as `centagate-gateway new-caller-key` printed it. If the gateway is configured for it, also a JSON Web \
         Token of your identity provider",
    ));
    components.add_security_scheme("callerKey", SecurityScheme::Http(scheme.build()));
    components
}

fn http_method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::operations::TABLE;

    #[test]
    fn every_example_is_json() {
        for content in TABLE.iter().flat_map(|row| [&row.spec.docs.request, &row.spec.docs.reply]).flatten() {
            assert!(serde_json::from_str::<Value>(content.example).is_ok(), "{}", content.example);
        }
    }
}
