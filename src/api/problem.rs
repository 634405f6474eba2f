//! Every problem a caller can meet; `problem_table` says what each means.

use actix_web::http::StatusCode;

/// A kind of problem; its word is the `code` of the problem document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Problem {
    MalformedRequest,
    InvalidIdempotencyKey,
    Unauthenticated,
    Forbidden,
    UserLimitReached,
    NotFound,
    UserNotFound,
    MethodNotAllowed,
    RequestTimeout,
    EmailTaken,
    UsernameTaken,
    UserNotActive,
    OtpTokenAlreadyRegistered,
    IdempotencyInProgress,
    OutcomeUnknown,
    PasscodeNoLongerAvailable,
    BodyTooLarge,
    UnsupportedMediaType,
    InvalidRequest,
    IdempotencyMismatch,
    RejectedByCentagate,
    GroupNotFound,
    RateLimited,
    Internal,
    CentagateDenied,
    CentagateFailed,
    CentagateUnexpected,
    AuditUnavailable,
    IdempotencyUnavailable,
    IdentityUnavailable,
    CentagateUnavailable,
    CentagateTimeout,
}

/// What a [`Problem`] means.
pub(crate) struct Entry {
    /// The stable `code`.
    pub(crate) code: &'static str,
    pub(crate) status: StatusCode,
    /// The same for every occurrence.
    pub(crate) title: &'static str,
    /// What happened, where an occurrence has nothing more precise to say.
    pub(crate) detail: &'static str,
    /// What a caller can do about it.
    pub(crate) advice: &'static str,
    /// Seconds to wait before trying again, for `Retry-After`.
    pub(crate) retry_after: Option<u64>,
}

impl Problem {
    pub(crate) const ALL: [Self; 32] = [
        Self::MalformedRequest,
        Self::InvalidIdempotencyKey,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::UserLimitReached,
        Self::NotFound,
        Self::UserNotFound,
        Self::MethodNotAllowed,
        Self::RequestTimeout,
        Self::EmailTaken,
        Self::UsernameTaken,
        Self::UserNotActive,
        Self::OtpTokenAlreadyRegistered,
        Self::IdempotencyInProgress,
        Self::OutcomeUnknown,
        Self::PasscodeNoLongerAvailable,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::InvalidRequest,
        Self::IdempotencyMismatch,
        Self::RejectedByCentagate,
        Self::GroupNotFound,
        Self::RateLimited,
        Self::Internal,
        Self::CentagateDenied,
        Self::CentagateFailed,
        Self::CentagateUnexpected,
        Self::AuditUnavailable,
        Self::IdempotencyUnavailable,
        Self::IdentityUnavailable,
        Self::CentagateUnavailable,
        Self::CentagateTimeout,
    ];
}
