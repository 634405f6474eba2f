//! What each problem means: one exhaustive table drives statuses, titles, advice, the contract and `/problems`.

use actix_web::http::StatusCode;

use super::problem::{Entry, Problem};

impl Problem {
    /// The row of this problem.
    #[expect(clippy::too_many_lines, reason = "a table")]
    pub(crate) fn entry(self) -> Entry {
        let entry =
            |status, code, title, detail, advice| Entry { code, status, title, detail, advice, retry_after: None };
        match self {
            Self::MalformedRequest => entry(
                StatusCode::BAD_REQUEST,
                "malformed_request",
                "The body is not a JSON object",
                "The body is not JSON, not an object, or names a member twice.",
                "Send one JSON object in UTF-8 that names each member once.",
            ),
            Self::InvalidIdempotencyKey => entry(
                StatusCode::BAD_REQUEST,
                "invalid_idempotency_key",
                "The Idempotency-Key cannot be used",
                "The request carries more than one Idempotency-Key, or one that is not 1 to 255 visible ASCII characters, bare or in quotes.",
                "Send one key of your own for each request that you may repeat, such as a UUID.",
            ),
            Self::Unauthenticated => entry(
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "The caller is not known",
                "The request carries no credential, one that is not known or has expired, or more than one.",
                "Send your caller key in one header: Authorization: Bearer <key>.",
            ),
            Self::Forbidden => entry(
                StatusCode::FORBIDDEN,
                "forbidden",
                "The caller may not do this",
                "The caller lacks a right that this request needs.",
                "Ask the gateway's operators for the right that the detail names.",
            ),
            Self::UserLimitReached => entry(
                StatusCode::FORBIDDEN,
                "user_limit_reached",
                "The licence allows no more users",
                "CENTAGATE's licence allows no more users.",
                "Ask CENTAGATE's operators for a larger licence; the request can then be sent again.",
            ),
            Self::NotFound => entry(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is no such route",
                "The gateway has no route with this path.",
                "See the contract at /openapi.json for the routes there are.",
            ),
            Self::UserNotFound => entry(
                StatusCode::NOT_FOUND,
                "user_not_found",
                "There is no such user",
                "CENTAGATE does not know a user with this name.",
                "Register the user first, or check the name in the path.",
            ),
            Self::MethodNotAllowed => entry(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The route does not take this method",
                "The route does not take this method.",
                "Use one of the methods that the Allow header names.",
            ),
            Self::RequestTimeout => entry(
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "The body did not arrive in time",
                "The body did not arrive in time; nothing was executed.",
                "Send the request again, its body without pauses.",
            ),
            Self::EmailTaken => entry(
                StatusCode::CONFLICT,
                "email_taken",
                "Another user has this e-mail address",
                "CENTAGATE has another user with this e-mail address.",
                "Use another address, or the existing user.",
            ),
            Self::UsernameTaken => entry(
                StatusCode::CONFLICT,
                "username_taken",
                "Another user has this name",
                "CENTAGATE has another user with this name.",
                "Use another name, or the existing user.",
            ),
            Self::UserNotActive => entry(
                StatusCode::CONFLICT,
                "user_not_active",
                "The user is not active",
                "The user exists in CENTAGATE but is not active.",
                "Have the user activated in CENTAGATE, then send the request again.",
            ),
            Self::OtpTokenAlreadyRegistered => entry(
                StatusCode::CONFLICT,
                "otp_token_already_registered",
                "The user already has a token",
                "The user is already bound with a token in CENTAGATE.",
                "Have the token unbound in CENTAGATE before registering another.",
            ),
            Self::IdempotencyInProgress => Entry {
                retry_after: Some(1),
                ..entry(
                    StatusCode::CONFLICT,
                    "idempotency_in_progress",
                    "The same request is still running",
                    "A request with this Idempotency-Key is still being carried out; this one was not.",
                    "Send the request again, with the same key, after the time that Retry-After names.",
                )
            },
            Self::OutcomeUnknown => entry(
                StatusCode::CONFLICT,
                "outcome_unknown",
                "What became of the request is not known",
                "An earlier request with this Idempotency-Key may have been executed or not, so this one was not: GET /users/{id} tells.",
                "Look with GET /users/{id} whether the request was executed; where it was not, send it with a new key.",
            ),
            Self::PasscodeNoLongerAvailable => entry(
                StatusCode::CONFLICT,
                "passcode_no_longer_available",
                "The passcode is no longer valid",
                "The request with this Idempotency-Key was executed, and the passcode that it brought is no longer valid.",
                "Have the token unbound in CENTAGATE and register another with a new key.",
            ),
            Self::BodyTooLarge => entry(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "The body is too large",
                "The body has more bytes than the gateway takes.",
                "Send a smaller body; no request of this contract needs more.",
            ),
            Self::UnsupportedMediaType => entry(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body is not declared as JSON",
                "The request needs one header Content-Type: application/json and a body that is not compressed.",
                "Declare the body as application/json and send it as it is, in UTF-8.",
            ),
            Self::InvalidRequest => entry(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid_request",
                "The request breaks a rule of the contract",
                "At least one member of the body or part of the path breaks a rule; errors lists every one.",
                "Mend what errors points to and send the request again.",
            ),
            Self::IdempotencyMismatch => entry(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "The Idempotency-Key belongs to another request",
                "This Idempotency-Key was used for a request with another path or body; this one was not executed.",
                "Use a new key for each new request; repeat a request byte by byte.",
            ),
            Self::RejectedByCentagate => entry(
                StatusCode::UNPROCESSABLE_ENTITY,
                "rejected_by_centagate",
                "CENTAGATE rejected the input",
                "CENTAGATE rejected the input without saying which part of it.",
                "Check the values against what CENTAGATE allows, user name and group first.",
            ),
            Self::GroupNotFound => entry(
                StatusCode::UNPROCESSABLE_ENTITY,
                "group_not_found",
                "There is no such group",
                "CENTAGATE does not know a group with this name.",
                "Use the name of an existing group, spelled as CENTAGATE spells it.",
            ),
            Self::RateLimited => entry(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "Too many requests",
                "The caller sends more requests than it may; this one was not executed.",
                "Send the request again after the time that Retry-After names.",
            ),
            Self::Internal => entry(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "The gateway failed",
                "The gateway met a fault of its own.",
                "Report the requestId to the gateway's operators.",
            ),
            Self::CentagateDenied => entry(
                StatusCode::BAD_GATEWAY,
                "centagate_denied",
                "CENTAGATE refused the gateway's admin",
                "CENTAGATE refused the gateway's own admin: its session has ended or it lacks a permission. Nothing was executed.",
                "This is not the caller's fault: tell the gateway's operators, and send the request again later.",
            ),
            Self::CentagateFailed => entry(
                StatusCode::BAD_GATEWAY,
                "centagate_failed",
                "CENTAGATE failed",
                "CENTAGATE reports a failure of its own.",
                "See outcome: after notExecuted the request can be sent again once CENTAGATE is mended; after unknown, look with GET /users/{id} whether it was executed first. A read can be repeated at once.",
            ),
            Self::CentagateUnexpected => entry(
                StatusCode::BAD_GATEWAY,
                "centagate_unexpected",
                "CENTAGATE's answer is not understood",
                "CENTAGATE answered something that the gateway does not understand, or the connection was lost; whether the request was executed is unknown: GET /users/{id} tells.",
                "Look with GET /users/{id} whether the request was executed before sending it again. A read can be repeated at once.",
            ),
            Self::AuditUnavailable => Entry {
                retry_after: Some(5),
                ..entry(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "audit_unavailable",
                    "The audit trail cannot be written",
                    "The request cannot be put on record, so it was not sent to CENTAGATE: nothing was executed.",
                    "Send the request again after the time that Retry-After names.",
                )
            },
            Self::IdempotencyUnavailable => Entry {
                retry_after: Some(5),
                ..entry(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "idempotency_unavailable",
                    "Requests cannot be remembered",
                    "The request cannot be remembered under its Idempotency-Key, so it was not sent to CENTAGATE: nothing was executed.",
                    "Send the request again, with the same key, after the time that Retry-After names.",
                )
            },
            Self::IdentityUnavailable => Entry {
                retry_after: Some(5),
                ..entry(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "identity_unavailable",
                    "Tokens cannot be checked",
                    "The keys that tokens are checked with are not there yet; nothing was executed.",
                    "Send the request again after the time that Retry-After names, or use a caller key.",
                )
            },
            Self::CentagateUnavailable => Entry {
                retry_after: Some(5),
                ..entry(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "centagate_unavailable",
                    "CENTAGATE cannot be reached",
                    "The request was not sent to CENTAGATE: nothing was executed.",
                    "Send the request again after the time that Retry-After names.",
                )
            },
            Self::CentagateTimeout => entry(
                StatusCode::GATEWAY_TIMEOUT,
                "centagate_timeout",
                "CENTAGATE did not answer in time",
                "The request was sent and CENTAGATE did not answer in time; whether it was executed is unknown: GET /users/{id} tells.",
                "Look with GET /users/{id}, a minute later, whether the request was executed before sending it again. A read can be repeated at once.",
            ),
        }
    }
}
