//! The contract as an `OpenAPI` 3.1 document, and as a 3.0 document for older tools: operations and schemas come from the
//! handlers' own annotations, error responses from the one table of problems.

mod schemas;
mod version_3_0;

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Server};
use utoipa::{OpenApi, ToSchema as _};

use crate::api::{self, ApiError, Problem, ProblemDocument};
use crate::configuration::PublicUrl;

/// The start of the document's description; `{problems}` is where the problems are explained.
const DESCRIPTION: &str = "\
Registers users and OTP tokens in CENTAGATE. The gateway keeps the administrator's secrets, signs each call and maps \
CENTAGATE's return codes to HTTP statuses.

Every error is a problem document (RFC 9457). Its `code` is a stable word; [`GET /problems`]({problems}) explains all of them. Where a \
problem concerns a call of CENTAGATE, `outcome` says whether the request may have been executed: after `notExecuted` it \
may be sent again, after `unknown` look first: `GET /users/{id}` shows what became of it.

Within 1.x, members may be added to replies and words to the members marked `x-extensible-enum`; none are removed. Ignore \
members that you do not know, and handle a word that you do not know as the general case.";

/// The request id of the examples.
const REQUEST_ID: &str = "order-4711";

/// The problems that every operation can answer.
const COMMON: [Problem; 13] = [
    Problem::Unauthenticated,
    Problem::Forbidden,
    Problem::InvalidRequest,
    Problem::RejectedByCentagate,
    Problem::RateLimited,
    Problem::Internal,
    Problem::CentagateDenied,
    Problem::CentagateFailed,
    Problem::CentagateUnexpected,
    Problem::AuditUnavailable,
    Problem::IdentityUnavailable,
    Problem::CentagateUnavailable,
    Problem::CentagateTimeout,
];

/// The problems that every operation with a body adds.
const OF_BODIES: [Problem; 9] = [
    Problem::MalformedRequest,
    Problem::RequestTimeout,
    Problem::BodyTooLarge,
    Problem::UnsupportedMediaType,
    Problem::InvalidIdempotencyKey,
    Problem::IdempotencyInProgress,
    Problem::OutcomeUnknown,
    Problem::IdempotencyMismatch,
    Problem::IdempotencyUnavailable,
];

/// The problems that are replayed to who repeats a request.
const REPLAYED: [Problem; 3] = [Problem::EmailTaken, Problem::UsernameTaken, Problem::OtpTokenAlreadyRegistered];

/// The problems that an operation adds of its own, by its path: none has two operations.
const OWN: [(&str, &[Problem]); 3] = [
    ("/users", &[Problem::UserLimitReached, Problem::EmailTaken, Problem::UsernameTaken, Problem::GroupNotFound]),
    ("/users/{id}", &[Problem::UserNotFound]),
    (
        "/users/{id}/otp-token",
        &[
            Problem::UserNotFound,
            Problem::UserNotActive,
            Problem::OtpTokenAlreadyRegistered,
            Problem::PasscodeNoLongerAvailable,
        ],
    ),
];

#[derive(OpenApi)]
#[openapi(
    info(title = "CENTAGATE gateway", license(name = "MIT", identifier = "MIT")),
    paths(api::create_user, api::get_user, api::register_otp_token),
    components(schemas(api::CreateUserRequest, api::RegisterOtpTokenRequest, ProblemDocument<'_>, api::Fault)),
    tags((name = "Users", description = "Users of CENTAGATE"), (name = "OTP tokens", description = "One-time passcodes")),
)]
struct Annotations;

/// The document for a gateway that callers see under `public_url`, or at the root of its own address.
///
/// # Panics
/// Never: every operation it completes is annotated.
pub fn document(public_url: Option<&PublicUrl>) -> utoipa::openapi::OpenApi {
    let mut document = Annotations::openapi();
    let problems = format!("{}/problems", public_url.map(ToString::to_string).unwrap_or_default());
    document.info.description = Some(DESCRIPTION.replace("{problems}", &problems));
    let base_path = public_url.map_or("", PublicUrl::path);
    document.servers = Some(vec![Server::new(if base_path.is_empty() { "/" } else { base_path })]);
    for (path, own) in OWN {
        let item = document.paths.paths.get_mut(path);
        let operation = item.and_then(|item| item.post.as_mut().or(item.get.as_mut()));
        let operation = operation.expect("every path of OWN is annotated");
        complete(operation, own);
    }
    let components = document.components.get_or_insert_with(Components::new);
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
        "The caller key, as `centagate-gateway new-caller-key` printed it; where the gateway is configured for it, a \
             JSON Web Token of your identity provider's works, too",
    ));
    schemas::complete(&mut components.schemas);
    components.add_security_scheme("callerKey", SecurityScheme::Http(scheme.build()));
    document
}

/// The document as JSON text.
///
/// # Panics
/// Never: the document serializes.
pub fn to_json(document: &utoipa::openapi::OpenApi) -> String {
    let mut text = document.to_pretty_json().expect("an OpenAPI document serializes");
    text.push('\n');
    text
}

/// The document as `OpenAPI` 3.0.3 in JSON text, for tools that do not read 3.1.
///
/// # Panics
/// Never: the document serializes.
pub fn to_json_3_0(document: &utoipa::openapi::OpenApi) -> String {
    let document = serde_json::to_value(document).expect("an OpenAPI document serializes");
    let mut text = serde_json::to_string_pretty(&version_3_0::convert(document)).expect("JSON serializes");
    text.push('\n');
    text
}

/// A key as `api::IdempotencyKey` reads it: bare, or in quotes with the two escapes of a String (RFC 9651).
const IDEMPOTENCY_KEY: &str = r#"^(?:[!#-~][!-~]{0,254}|"(?:[!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// Adds what every operation has: the request id, the headers of every reply, a response for each status.
fn complete(operation: &mut Operation, own: &[Problem]) {
    let request_id = ParameterBuilder::new()
        .name("X-Request-Id")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Your id for this request, such as order-4711: 1 to 128 letters, digits, dots, underscores and hyphens; the reply and the gateway's log carry it. Any other value is taken for none and replaced.",
        ))
        .example(Some(json!(REQUEST_ID)))
        .schema(Some(text()));
    let parameters = operation.parameters.get_or_insert_default();
    for parameter in parameters.iter_mut() {
        if let RefOr::T(Parameter { name, schema: Some(RefOr::T(Schema::Object(schema))), .. }) = parameter
            && name == "id"
        {
            schema.pattern = Some(schemas::TEXT.to_owned());
        }
    }
    parameters.push(request_id.build().into());
    let has_body = operation.request_body.is_some();
    if has_body {
        parameters.push(idempotency_key().into());
    }
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            add_request_id(response);
            add_rate_limit(response);
            if has_body {
                add_replayed(response);
            }
            if let Some(RefOr::T(location)) = response.headers.get_mut("Location") {
                location.example = Some(json!("/users/alice"));
            }
        }
    }
    let of_bodies = if has_body { &OF_BODIES[..] } else { &[] };
    let mut problems: Vec<Problem> = COMMON.iter().chain(of_bodies).chain(own).copied().collect();
    problems.sort_by_key(|problem| problem.entry().status.as_u16());
    for same_status in problems.chunk_by(|one, other| one.entry().status == other.entry().status) {
        let status = same_status[0].entry().status.as_str().to_owned();
        operation.responses.responses.insert(status, RefOr::T(response(same_status, has_body)));
    }
    operation.responses.responses.insert("default".to_owned(), RefOr::T(any_other_problem(has_body)));
}

/// The response of every status that an operation does not list.
fn any_other_problem(has_body: bool) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemDocument::name())))
        .example(Some(example(Problem::Internal, has_body)));
    let mut response = ResponseBuilder::new()
        .description(
            "Any other problem. Codes and statuses may be added: treat one that you do not know by its status class.",
        )
        .content("application/problem+json", content.build())
        .build();
    add_request_id(&mut response);
    response
}

/// The response of one status: which problems it may carry, an example of each.
fn response(problems: &[Problem], has_body: bool) -> Response {
    let description = problems.iter().map(|problem| {
        let entry = problem.entry();
        format!("`{}`: {} {}", entry.code, entry.detail, entry.advice)
    });
    let examples = problems.iter().map(|problem| {
        let entry = problem.entry();
        (entry.code, ExampleBuilder::new().summary(entry.title).value(Some(example(*problem, has_body))))
    });
    let content =
        ContentBuilder::new().schema(Some(Ref::from_schema_name(ProblemDocument::name()))).examples_from_iter(examples);
    let mut response = ResponseBuilder::new()
        .description(description.collect::<Vec<_>>().join("\n\n"))
        .content("application/problem+json", content.build())
        .build();
    add_request_id(&mut response);
    if problems.contains(&Problem::Unauthenticated) {
        response
            .headers
            .insert("WWW-Authenticate".to_owned(), header("How to identify yourself", json!("Bearer")).into());
    } else {
        add_rate_limit(&mut response);
    }
    if problems.contains(&Problem::UnsupportedMediaType) {
        let media_type = header("The media type of a request body", json!("application/json"));
        response.headers.insert("Accept-Post".to_owned(), media_type.into());
        let coding = header("If the content coding is what is wrong: the one to send", json!("identity"));
        response.headers.insert("Accept-Encoding".to_owned(), coding.into());
    }
    if problems.iter().any(|problem| REPLAYED.contains(problem)) {
        add_replayed(&mut response);
    }
    if problems.iter().any(|problem| problem.entry().retry_after.is_some() || *problem == Problem::RateLimited) {
        response.headers.insert("Retry-After".to_owned(), header("Seconds to wait", json!("5")).into());
    }
    response
}

/// The name of a request that may be repeated.
fn idempotency_key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Your name for this request, such as a UUID: 1 to 255 visible ASCII characters, bare or in quotes. Repeated with the same key, path and body the request is carried out once and its reply is repeated.",
        ))
        .schema(Some(text().pattern(Some(IDEMPOTENCY_KEY))))
        .build()
}

fn add_replayed(response: &mut Response) {
    let replayed =
        header("On a reply that was made for an earlier request with the same Idempotency-Key", json!("true"));
    response.headers.insert("Idempotent-Replayed".to_owned(), replayed.into());
}

fn add_request_id(response: &mut Response) {
    let request_id = header("The id of this request: yours, if it could be taken", json!(REQUEST_ID));
    response.headers.insert("X-Request-Id".to_owned(), request_id.into());
}

/// What stands on every reply to a caller that is known, where its requests are limited.
fn add_rate_limit(response: &mut Response) {
    let policy = header("At most q requests at once, refilled within w seconds", json!("\"requests\";q=300;w=30"));
    response.headers.insert("RateLimit-Policy".to_owned(), policy.into());
    let state = header("r requests are left, all of them again in t seconds", json!("\"requests\";r=299;t=1"));
    response.headers.insert("RateLimit".to_owned(), state.into());
}

fn header(description: &str, example: Value) -> Header {
    HeaderBuilder::new().schema(Some(text())).description(Some(description)).example(Some(example)).build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// A whole problem document, made the way real ones are.
fn example(problem: Problem, has_body: bool) -> Value {
    let body = ApiError::example(problem, has_body).document(REQUEST_ID);
    serde_json::from_slice(&body).expect("a problem document is JSON")
}
