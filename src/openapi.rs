//! The contract as an `OpenAPI` 3.1 document: operations and schemas come from the handlers' own annotations, error
//! responses from the one table of problems.

use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Server};
use utoipa::{OpenApi, ToSchema as _};

use crate::api::{self, ApiError, Problem, ProblemDocument};

const DESCRIPTION: &str = "\
Registers users and OTP tokens in CENTAGATE. The gateway keeps the administrator's secrets, signs each call and maps \
CENTAGATE's return codes to HTTP statuses.

Every error is a problem document (RFC 9457). Its `code` is a stable word; [`GET /problems`](../problems) explains all of them. Where a \
problem concerns a call of CENTAGATE, `outcome` says whether the request may have been executed: after `notExecuted` it \
may be sent again, after `unknown` look first: `GET /users/{id}` shows what became of it.

Within 1.x reply members are added, never removed: ignore those you do not know.";

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

/// The document for a gateway whose routes are mounted under `base_path`.
///
/// # Panics
/// Never: every operation it completes is annotated.
pub fn document(base_path: &str) -> utoipa::openapi::OpenApi {
    let mut document = Annotations::openapi();
    document.info.description = Some(DESCRIPTION.to_owned());
    let server = if base_path.is_empty() { "/" } else { base_path };
    document.servers = Some(vec![Server::new(server)]);
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
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(object)) = schema
            && REQUESTS.contains(&name.as_str())
        {
            add_patterns(name, object);
        }
    }
    if let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut(ProblemDocument::name().as_ref())
        && let Some(RefOr::T(Schema::Object(code))) = problem.properties.get_mut("code")
    {
        code.enum_values = Some(Problem::ALL.iter().map(|problem| json!(problem.entry().code)).collect());
    }
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

/// What the texts of a request may hold: the rules of `domain::Text` and `domain::Username` as regular expressions.
const TEXT: &str = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+$";
const USERNAME: &str = r"^(?!\.{1,2}$)[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+$";
const ID: &str = r"^(?!\.{1,2}$)[^\u0000-\u001f\u007f-\u009f]+$";

/// A key as `api::IdempotencyKey` reads it: bare, or in quotes with the two escapes of a String (RFC 9651).
const IDEMPOTENCY_KEY: &str = r#"^(?:[!#-~][!-~]{0,254}|"(?:[!#-\[\]-~]|\\["\\]){1,255}")$"#;

/// The schemas of request bodies, and of what is in them.
const REQUESTS: [&str; 2] = ["NewUser", "AdditionalText"];

/// Adds the pattern that `object`, or each of its properties, has for being a text.
fn add_patterns(name: &str, object: &mut Object) {
    if object.max_length == Some(255) {
        object.pattern = Some(if name == "username" { USERNAME } else { TEXT }.to_owned());
    }
    for (name, property) in &mut object.properties {
        if let RefOr::T(Schema::Object(property)) = property {
            add_patterns(name, property);
        }
    }
}

/// Adds what every operation has: the request id, the headers of every reply, a response for each status.
fn complete(operation: &mut Operation, own: &[Problem]) {
    let request_id = ParameterBuilder::new()
        .name("X-Request-Id")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Your id for this request, such as order-4711: 1 to 128 letters, digits, dots, underscores and hyphens; the reply and the gateway's log carry it. Any other value is taken for none and replaced.",
        ))
        .schema(Some(text()));
    let parameters = operation.parameters.get_or_insert_default();
    for parameter in parameters.iter_mut() {
        if let RefOr::T(Parameter { name, schema: Some(RefOr::T(Schema::Object(schema))), .. }) = parameter
            && name == "id"
        {
            schema.pattern = Some(ID.to_owned());
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
        }
    }
    let of_bodies = if has_body { &OF_BODIES[..] } else { &[] };
    let mut problems: Vec<Problem> = COMMON.iter().chain(of_bodies).chain(own).copied().collect();
    problems.sort_by_key(|problem| problem.entry().status.as_u16());
    for same_status in problems.chunk_by(|one, other| one.entry().status == other.entry().status) {
        let status = same_status[0].entry().status.as_str().to_owned();
        operation.responses.responses.insert(status, RefOr::T(response(same_status, has_body)));
    }
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
    let request_id = header("The id of this request: yours, if it could be taken", json!("order-4711"));
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
    let body = ApiError::example(problem, has_body).document("order-4711");
    serde_json::from_slice(&body).expect("a problem document is JSON")
}
