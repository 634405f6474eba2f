//! The table of problems. It defines the statuses, the texts, the error responses of the contract and `/problems`.
//!
//! Problems of the same status are in the order of likelihood: documentation shows the first as its example. Each entry has a status, the stable `code`, optionally `Retry-After` in seconds, a title, a detail and advice. If the
//! outcome of a request is unknown, the reply's detail also says how to find it out (`Spec::settle`).

use actix_web::http::StatusCode;

use super::entry::{Entry, table};

table! {
    MalformedRequest: BAD_REQUEST "malformed_request",
        "The body is not a JSON object",
        "The body is not JSON, is not an object, or has a duplicate member.",
        "Send one JSON object in UTF-8 that has each member once.";
    InvalidIdempotencyKey: BAD_REQUEST "invalid_idempotency_key",
        "The Idempotency-Key is invalid",
        "The request has more than one Idempotency-Key, or its key is not 1 to 255 visible ASCII characters, bare or in quotes.",
        "Send one key per request, for example a UUID.";
    Unauthenticated: UNAUTHORIZED "unauthenticated",
        "The credential is missing or invalid",
        "The request has no credential, more than one, or one that is unknown or expired.",
        "Send your caller key in one header: Authorization: Bearer <key>.";
    Forbidden: FORBIDDEN "forbidden",
        "The caller may not do this",
        "The caller lacks a right that this request needs.",
        "Ask the gateway's operators for the right that the detail names.";
    UserLimitReached: FORBIDDEN "user_limit_reached",
        "The licence allows no more users",
        "CENTAGATE's licence allows no more users.",
        "Ask CENTAGATE's operators for a larger licence, then send the request again.";
    TokenNotAllowed: FORBIDDEN "token_not_allowed",
        "The user may not have this kind of token",
        "CENTAGATE does not allow this kind of token for the user.",
        "Ask CENTAGATE's operators to allow this kind of token for the user's group.";
    OperationDisabled: FORBIDDEN "operation_disabled",
        "The operation is off",
        "The operator has not enabled this operation.",
        "Ask the gateway's operators to set the key that the detail names.";
    NotFound: NOT_FOUND "not_found",
        "No such route",
        "The gateway has no route with this path.",
        "See the routes in the contract at /openapi.json.";
    UserNotFound: NOT_FOUND "user_not_found",
        "No such user",
        "CENTAGATE has no user with this name.",
        "Check the name in the path, or create the user first.";
    TokenNotFound: NOT_FOUND "token_not_found",
        "No such token",
        "The user has no such token in CENTAGATE.",
        "See the user's tokens with GET /users/{id}.";
    MethodNotAllowed: METHOD_NOT_ALLOWED "method_not_allowed",
        "The route does not support this method",
        "The route does not support this method.",
        "Use one of the methods in the Allow header.";
    RequestTimeout: REQUEST_TIMEOUT "request_timeout",
        "The body did not arrive in time",
        "The body did not arrive in time. Nothing was executed.",
        "Send the request again, with its body in one go.";
    UsernameTaken: CONFLICT "username_taken",
        "The user name is taken",
        "Another user in CENTAGATE has this name.",
        "Use another name, or the existing user.";
    EmailTaken: CONFLICT "email_taken",
        "The e-mail address is taken",
        "Another user in CENTAGATE has this e-mail address.",
        "Use another address, or the existing user.";
    PhoneNumberTaken: CONFLICT "phone_number_taken",
        "The phone number is taken",
        "Another user in CENTAGATE has this phone number.",
        "Use another number, or unregister the other user's token first.";
    PhoneNumberMissing: CONFLICT "phone_number_missing",
        "The user has no phone number",
        "The user has no mobile number in CENTAGATE.",
        "Register an SMS token for the user first.";
    UserNotActive: CONFLICT "user_not_active",
        "The user is not active",
        "The user exists in CENTAGATE, but is not active.",
        "Activate the user, then send the request again.";
    UserLocked: CONFLICT "user_locked",
        "The user is locked",
        "CENTAGATE has locked the user.",
        "Unlock the user, or wait until CENTAGATE does.";
    UserNotLocked: CONFLICT "user_not_locked",
        "The user is not locked",
        "The user is not locked in CENTAGATE.",
        "Nothing needs to be done: the user is unlocked.";
    EditPendingApproval: CONFLICT "edit_pending_approval",
        "The change waits for approval",
        "CENTAGATE has passed the change to its approvers. No request can show their decision.",
        "Ask CENTAGATE's approvers. Do not send the request again.";
    OtpTokenAlreadyRegistered: CONFLICT "otp_token_already_registered",
        "The user already has a token",
        "The user already has a token in CENTAGATE.",
        "Unregister the token before you register another.";
    TokenLocked: CONFLICT "token_locked",
        "The token is locked",
        "CENTAGATE has locked the token.",
        "Unlock the token first.";
    TokenNotActive: CONFLICT "token_not_active",
        "The token is not active",
        "The user's token is not active in CENTAGATE.",
        "Activate the token first.";
    TokenNotLocked: CONFLICT "token_not_locked",
        "The token is not locked",
        "The user's token is not locked in CENTAGATE.",
        "Nothing needs to be done: the token is unlocked.";
    NoUsableDevice: CONFLICT "no_usable_device",
        "The user has no usable device",
        "The user has no active device in CENTAGATE.",
        "Register a device for the user first.";
    MethodNotEnabled: CONFLICT "method_not_enabled",
        "The method is not enabled",
        "CENTAGATE does not allow this method for the user or the app.",
        "Ask CENTAGATE's operators to enable the method.";
    PasswordChangedRecently: CONFLICT "password_changed_recently",
        "The password was changed recently",
        "CENTAGATE does not allow another change of the password yet.",
        "Wait for the time that CENTAGATE's password policy requires.";
    IdempotencyInProgress: CONFLICT "idempotency_in_progress" retry after 1,
        "The same request is still running",
        "A request with this Idempotency-Key is still running. This request was not executed.",
        "Send the request again with the same key after the time in Retry-After.";
    OutcomeUnknown: CONFLICT "outcome_unknown",
        "The outcome of the request is unknown",
        "An earlier request with this Idempotency-Key may have been executed. This request was not executed.",
        "Find out whether the earlier request was executed, as the detail says. If it was not, send the request with a new key.";
    PasscodeNoLongerAvailable: CONFLICT "passcode_no_longer_available",
        "The secret is no longer available",
        "The request with this Idempotency-Key was executed. The secret in its reply has expired and is no longer stored.",
        "Unregister the token, then register another with a new key.";
    BodyTooLarge: PAYLOAD_TOO_LARGE "body_too_large",
        "The body is too large",
        "The body exceeds the size limit.",
        "Send a smaller body. No request of this contract needs a larger one.";
    UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE "unsupported_media_type",
        "The body is not declared as JSON",
        "The request needs one header Content-Type: application/json, and a body without a content coding.",
        "Declare the body as application/json and send it uncompressed, in UTF-8.";
    InvalidRequest: UNPROCESSABLE_ENTITY "invalid_request",
        "The request breaks a rule of the contract",
        "The body or the path breaks a rule. errors lists every fault.",
        "Correct every fault in errors and send the request again.";
    RejectedByCentagate: UNPROCESSABLE_ENTITY "rejected_by_centagate",
        "CENTAGATE rejected the input",
        "CENTAGATE rejected the input and does not say which part.",
        "Compare the values with what CENTAGATE allows, first the user name and the group.";
    GroupNotFound: UNPROCESSABLE_ENTITY "group_not_found",
        "No such group",
        "CENTAGATE has no group with this name.",
        "Use the exact name of an existing group.";
    TokenNotAvailable: UNPROCESSABLE_ENTITY "token_not_available",
        "The token is not available",
        "CENTAGATE has no free token with this serial number, or none that may be registered.",
        "Check the serial number, or use another token.";
    CodeRejected: UNPROCESSABLE_ENTITY "code_rejected",
        "The code is wrong",
        "The code or password is wrong or has expired. CENTAGATE may have counted a failed attempt.",
        "Ask the user for a new code. Do not send the same code again.";
    CodesRejected: UNPROCESSABLE_ENTITY "codes_rejected",
        "The codes do not match",
        "The two codes do not belong to the user's token.",
        "Ask the user for two new, consecutive codes.";
    TokenOutOfSync: UNPROCESSABLE_ENTITY "token_out_of_sync",
        "The token is out of sync",
        "The token's clock or counter differs too much from CENTAGATE's.",
        "Synchronise the token with two consecutive codes.";
    IdempotencyMismatch: UNPROCESSABLE_ENTITY "idempotency_mismatch",
        "The Idempotency-Key belongs to a different request",
        "This Idempotency-Key was used with a different path or body. This request was not executed.",
        "Use a new key for each new request. A retry must have the same path and the same values in its body.";
    CertificateNotOwned: UNPROCESSABLE_ENTITY "certificate_not_owned",
        "The certificate belongs to another user",
        "The certificate belongs to another user in CENTAGATE.",
        "Use a certificate of this user.";
    SignatureRejected: UNPROCESSABLE_ENTITY "signature_rejected",
        "The signature is wrong",
        "The signature does not match the content.",
        "Check the content, the algorithm and the signature.";
    PasswordRejected: UNPROCESSABLE_ENTITY "password_rejected",
        "The password breaks a rule",
        "The password breaks a rule of CENTAGATE's password policy. errors names the rule.",
        "Choose another password.";
    RateLimited: TOO_MANY_REQUESTS "rate_limited",
        "Too many requests",
        "The caller has exceeded a rate limit. This request was not executed.",
        "Send the request again after the time in Retry-After.";
    SmsCodeTooSoon: TOO_MANY_REQUESTS "sms_code_too_soon" retry after 60,
        "An SMS was just sent",
        "CENTAGATE sent an SMS to this user a moment ago. This request was not executed.",
        "Send the request again after the time in Retry-After.";
    Internal: INTERNAL_SERVER_ERROR "internal",
        "The gateway failed",
        "The gateway has a bug.",
        "Report the requestId to the gateway's operators.";
    CentagateDenied: BAD_GATEWAY "centagate_denied",
        "CENTAGATE refused the gateway",
        "CENTAGATE refused the gateway's own session, signature or permission. Nothing was executed.",
        "The caller cannot fix this. Tell the gateway's operators, and send the request again later.";
    CentagateFailed: BAD_GATEWAY "centagate_failed",
        "CENTAGATE failed",
        "CENTAGATE reported a failure of its own.",
        "If outcome is notExecuted, send the request again when CENTAGATE works. If it is unknown, first find out whether the request was executed, as the detail says.";
    CentagateUnexpected: BAD_GATEWAY "centagate_unexpected",
        "CENTAGATE's reply is not understood",
        "The gateway does not understand CENTAGATE's reply, or lost the connection.",
        "First find out whether the request was executed, as the detail says.";
    CentagateUnavailable: SERVICE_UNAVAILABLE "centagate_unavailable" retry after 5,
        "CENTAGATE is unavailable",
        "The gateway could not send the request to CENTAGATE. Nothing was executed.",
        "Send the request again after the time in Retry-After.";
    AuditUnavailable: SERVICE_UNAVAILABLE "audit_unavailable" retry after 5,
        "The audit trail is unavailable",
        "The gateway cannot write its audit trail, so it did not send the request to CENTAGATE. Nothing was executed.",
        "Send the request again after the time in Retry-After.";
    IdempotencyUnavailable: SERVICE_UNAVAILABLE "idempotency_unavailable" retry after 5,
        "The idempotency store is unavailable",
        "The gateway cannot store the Idempotency-Key, so it did not send the request to CENTAGATE. Nothing was executed.",
        "Send the request again with the same key after the time in Retry-After.";
    IdentityUnavailable: SERVICE_UNAVAILABLE "identity_unavailable" retry after 5,
        "Tokens cannot be verified",
        "The gateway does not have the keys to verify tokens yet. Nothing was executed.",
        "Send the request again after the time in Retry-After, or use a caller key.";
    CentagateTimeout: GATEWAY_TIMEOUT "centagate_timeout",
        "CENTAGATE did not reply in time",
        "The gateway sent the request, but CENTAGATE did not reply in time.",
        "First find out whether the request was executed, as the detail says. Wait a minute, because it may still be running.";
}

impl Problem {
    /// Whether a retry with the same `Idempotency-Key` gets this problem again: the refusal is final.
    pub(in crate::api) fn is_replayed(self) -> bool {
        matches!(
            self,
            Self::EmailTaken | Self::UsernameTaken | Self::PhoneNumberTaken | Self::OtpTokenAlreadyRegistered
        )
    }
}
