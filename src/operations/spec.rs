//! What the table says about an operation.

use std::borrow::Cow;

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, schema};

use crate::api::input::Body;
use crate::callers::Scope;

/// Everything about an operation that does not depend on one request. The pipeline, the routes, the metrics, the contract
/// and the tests follow from it.
#[derive(Debug)]
pub struct Spec {
    /// The operation's name in the contract, the log, traces and the audit trail (its operationId).
    pub id: &'static str,
    /// The same name in `snake_case`, for metrics.
    pub label: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path below the base path, such as `/users/{id}`.
    pub path: &'static str,
    /// The scope that a caller needs.
    pub scope: Scope,
    /// The HTTP status of success.
    pub success: u16,
    /// Whether the request has a body.
    pub body: Body,
    /// The operation's name in stored records, if it honours `Idempotency-Key`. It must never change: with another name, the
    /// keys in a store would be lost.
    pub stored_as: Option<&'static str>,
    /// The limit per caller and target, if there is one.
    pub target_limit: Option<TargetLimit>,
    /// The key that enables the operation, if it is off by default.
    pub enabled_by: Option<Switch>,
    /// Whether CENTAGATE checks a code or a password, and may count a failed attempt.
    pub checks_credential: bool,
    /// Whether the reply holds a secret, which a retry gets only while the secret is valid.
    pub replies_with_secret: bool,
    /// How a caller finds out whether a request with an unknown outcome was executed: one or more sentences.
    pub settle: &'static str,
    /// The texts, schemas and examples of the contract.
    pub docs: Docs,
}

/// The methods of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET. The route also answers HEAD.
    Get,
    /// POST.
    Post,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
}

impl Method {
    /// The method's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A rate limit per caller and target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetLimit {
    /// `rate_limit.otp_tokens_per_user_per_hour`.
    TokenRegistrations,
    /// `rate_limit.codes_per_user_per_minute`.
    Codes,
}

/// A key of the configuration that enables operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// `centagate.undocumented_calls`.
    UndocumentedCalls,
}

impl Switch {
    /// The name of the key.
    pub fn key(self) -> &'static str {
        match self {
            Self::UndocumentedCalls => "centagate.undocumented_calls",
        }
    }
}

/// The operation in the contract.
#[derive(Debug)]
pub struct Docs {
    /// The tag that groups operations.
    pub tag: &'static str,
    /// A short title.
    pub summary: &'static str,
    /// The description in Markdown. The contract appends the scope and `settle`.
    pub description: &'static str,
    /// The request body, if there is one.
    pub request: Option<Content>,
    /// The meaning of success.
    pub success: &'static str,
    /// The reply body, if there is one.
    pub reply: Option<Content>,
    /// Whether a successful reply has a `Location`.
    pub has_location: bool,
    /// An example of a fault: a JSON Pointer into the body, or the name of a parameter, and the rule.
    pub fault: (&'static str, &'static str),
}

/// A JSON body in the contract.
#[derive(Debug)]
pub struct Content {
    /// What the body is.
    pub description: &'static str,
    /// An example, as JSON text.
    pub example: &'static str,
    /// The schema.
    pub schema: Schema,
}

/// The schema of a type.
pub struct Schema {
    /// The name of the schema.
    pub(crate) name: fn() -> Cow<'static, str>,
    /// The schema itself.
    pub(crate) definition: fn() -> RefOr<schema::Schema>,
    /// Adds the schemas that it refers to.
    pub(crate) collect: fn(&mut Vec<(String, RefOr<schema::Schema>)>),
}

impl Schema {
    /// The schema of `T`.
    pub(crate) const fn of<T: ToSchema>() -> Self {
        Self { name: T::name, definition: T::schema, collect: T::schemas }
    }
}

impl std::fmt::Debug for Schema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&(self.name)())
    }
}
