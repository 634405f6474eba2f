//! Error responses. Each is defined once in the components, and operations refer to it.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema as _;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::{REQUEST_ID, headers};
use crate::api::input::Fault;
use crate::api::problems::{ApiError, Problem, ProblemDocument};
use crate::centagate::{Error, ReturnCode};
use crate::operations::{Row, Spec};

/// The problems that every operation can answer.
const ALWAYS: [Problem; 13] = [
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

/// The problems that a body adds.
const WITH_BODY: [Problem; 4] =
    [Problem::MalformedRequest, Problem::RequestTimeout, Problem::BodyTooLarge, Problem::UnsupportedMediaType];

/// The problems that an idempotency key adds.
const WITH_KEY: [Problem; 5] = [
    Problem::InvalidIdempotencyKey,
    Problem::IdempotencyInProgress,
    Problem::OutcomeUnknown,
    Problem::IdempotencyMismatch,
    Problem::IdempotencyUnavailable,
];

/// The settlement in shared examples.
const SETTLE: &str = "The operation's description says how to find out.";

/// The error responses of all operations. Responses with the same problems and the same example share a definition.
#[derive(Default)]
pub(super) struct Responses {
    /// The name of each response, by its problems and its example of a fault.
    names: BTreeMap<(Vec<&'static str>, Option<Detail>), String>,
    definitions: BTreeMap<String, RefOr<Response>>,
    examples: BTreeMap<String, RefOr<Example>>,
}

/// The example of a fault: its place and its detail.
type Detail = (&'static str, &'static str);

impl Responses {
    /// References to the error responses of an operation, by status.
    pub(super) fn of(&mut self, row: &'static Row) -> BTreeMap<String, RefOr<Response>> {
        let mut problems = problems(row);
        problems.sort_by_key(|problem| (problem.entry().status.as_u16(), problem.entry().code));
        let mut references: BTreeMap<_, _> = problems
            .chunk_by(|one, other| one.entry().status == other.entry().status)
            .map(|same_status| {
                let status = same_status[0].entry().status.as_str().to_owned();
                (status, self.reference(same_status, row.spec))
            })
            .collect();
        references.insert("default".to_owned(), self.default_response());
        references
    }

    /// The definitions: responses and examples.
    pub(super) fn into_components(self) -> (BTreeMap<String, RefOr<Response>>, BTreeMap<String, RefOr<Example>>) {
        (self.definitions, self.examples)
    }

    fn reference(&mut self, problems: &[Problem], spec: &'static Spec) -> RefOr<Response> {
        let fault = problems.contains(&Problem::InvalidRequest).then_some(spec.docs.fault);
        let key = (problems.iter().map(|problem| problem.entry().code).collect::<Vec<_>>(), fault);
        if !self.names.contains_key(&key) {
            let name = self.name(problems, spec);
            let response = self.response(problems, spec);
            self.definitions.insert(name.clone(), response.into());
            self.names.insert(key.clone(), name);
        }
        let name = &self.names[&key];
        Ref::new(format!("#/components/responses/{name}")).into()
    }

    /// The name of a new response: its status, and the operation if another response has the same status.
    fn name(&self, problems: &[Problem], spec: &Spec) -> String {
        let status = problems[0].entry().status;
        let reason: String = status.canonical_reason().unwrap_or_default().split([' ', '-']).collect();
        if self.definitions.contains_key(&reason) { format!("{reason}.{}", spec.id) } else { reason }
    }

    /// A response that has one of `problems`.
    fn response(&mut self, problems: &[Problem], spec: &'static Spec) -> Response {
        let texts = problems.iter().map(|problem| {
            let entry = problem.entry();
            format!("`{}`: {} {}", entry.code, entry.detail, entry.advice)
        });
        let description = texts.collect::<Vec<_>>().join("\n\n");
        let mut examples = Vec::new();
        for &problem in problems {
            let name = match problem {
                Problem::InvalidRequest => format!("invalid_request.{}", spec.id),
                _ => problem.entry().code.to_owned(),
            };
            let reference = Ref::new(format!("#/components/examples/{name}"));
            let example = ExampleBuilder::new().summary(problem.entry().title).value(Some(example(problem, spec)));
            self.examples.entry(name).or_insert_with(|| example.build().into());
            examples.push((problem.entry().code, RefOr::Ref(reference)));
        }
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(ProblemDocument::name())))
            .examples_from_iter(examples)
            .build();
        let mut response =
            ResponseBuilder::new().description(description).content("application/problem+json", content).build();
        response.headers = headers::references(&header_names(problems));
        response
    }

    /// The response of every status that an operation does not list.
    fn default_response(&mut self) -> RefOr<Response> {
        self.definitions.entry("Default".to_owned()).or_insert_with(|| {
            let schema = Ref::from_schema_name(ProblemDocument::name());
            let internal = ApiError::from(Problem::Internal).document(REQUEST_ID);
            let example: Value = serde_json::from_slice(&internal).expect("a problem document is JSON");
            let content = ContentBuilder::new().schema(Some(schema)).example(Some(example)).build();
            let description =
                "Any other problem. Codes and statuses may be added: handle an unknown one by its status class.";
            let mut response =
                ResponseBuilder::new().description(description).content("application/problem+json", content).build();
            response.headers = headers::references(&[headers::X_REQUEST_ID]);
            response.into()
        });
        Ref::new("#/components/responses/Default").into()
    }
}

/// The problems that an operation can answer.
fn problems(row: &Row) -> Vec<Problem> {
    let spec = row.spec;
    let mut problems = ALWAYS.to_vec();
    if spec.body.is_documented() {
        problems.extend(WITH_BODY);
    }
    if spec.stored_as.is_some() {
        problems.extend(WITH_KEY);
    }
    if spec.enabled_by.is_some() {
        problems.push(Problem::OperationDisabled);
    }
    if spec.replies_with_secret {
        problems.push(Problem::PasscodeNoLongerAvailable);
    }
    let of_code = |(code, _): &(i64, _)| ApiError::of_call(row, &Error::Refused(ReturnCode::new(*code))).problem;
    for problem in row.call.codes.iter().map(of_code) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

fn header_names(problems: &[Problem]) -> Vec<&'static str> {
    let mut names = vec![headers::X_REQUEST_ID];
    if problems.contains(&Problem::Unauthenticated) {
        names.push(headers::WWW_AUTHENTICATE);
    } else {
        names.extend([headers::RATE_LIMIT, headers::RATE_LIMIT_POLICY]);
    }
    if problems.contains(&Problem::UnsupportedMediaType) {
        names.extend([headers::ACCEPT_POST, headers::ACCEPT_ENCODING]);
    }
    if problems.iter().any(|problem| problem.is_replayed()) {
        names.push(headers::IDEMPOTENT_REPLAYED);
    }
    if problems.iter().any(|problem| problem.entry().retry_after.is_some() || *problem == Problem::RateLimited) {
        names.push(headers::RETRY_AFTER);
    }
    names
}

/// A problem document, made in the same way as real ones.
fn example(problem: Problem, spec: &'static Spec) -> Value {
    let mut error = ApiError::example(problem).with_settlement(SETTLE);
    if problem == Problem::InvalidRequest {
        let (place, detail) = spec.docs.fault;
        error = error.with_example_fault(if place.starts_with('/') {
            Fault::at(place.to_owned(), detail)
        } else {
            Fault::of_parameter(place, detail)
        });
    }
    serde_json::from_slice(&error.document(REQUEST_ID)).expect("a problem document is JSON")
}
