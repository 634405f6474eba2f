//! Converts a failed call to CENTAGATE into the error that the caller gets. This is the only such conversion.

use super::error::ApiError;
use super::table::Problem;
use crate::api::input::Fault;
use crate::api::rate_limit::seconds;
use crate::centagate::{self, Meaning, NotSent, PasswordRule};
use crate::domain::Outcome;
use crate::operations::Row;

impl ApiError {
    /// The error of `operation` after its call to CENTAGATE failed.
    pub(crate) fn of_call(operation: &Row, failure: &centagate::Error) -> Self {
        let (problem, outcome) = match failure {
            centagate::Error::NotSent(not_sent) => (of_unsent(not_sent), Outcome::NotExecuted),
            centagate::Error::TimedOut => (Problem::CentagateTimeout, Outcome::Unknown),
            centagate::Error::ConnectionLost(_) | centagate::Error::Unreadable(_) => {
                (Problem::CentagateUnexpected, Outcome::Unknown)
            }
            centagate::Error::Refused(code) => of_meaning(operation.call.meaning(*code)),
        };
        let mut error = Self::from(problem);
        error.outcome = Some(outcome_in(operation, outcome));
        match failure {
            centagate::Error::Refused(code) => {
                error.upstream_code = Some(code.get());
                if let Meaning::PasswordRejected(rule) = operation.call.meaning(*code) {
                    error.faults = vec![Fault::at("/password".to_owned(), broken_rule(rule))];
                }
            }
            centagate::Error::NotSent(NotSent::CircuitOpen(wait)) => error.retry_after = Some(seconds(*wait).max(1)),
            _ => {}
        }
        error.with_settlement(operation.spec.settle)
    }

    /// The error of `operation` after a call that CENTAGATE reported as successful, but whose answer has this `meaning`.
    pub(crate) fn of_answer(operation: &Row, meaning: Meaning) -> Self {
        let (problem, outcome) = of_meaning(meaning);
        let mut error = Self::from(problem);
        error.outcome = Some(outcome_in(operation, outcome));
        error.with_settlement(operation.spec.settle)
    }
}

/// `outcome` in this operation. Only a call that checks a credential counts failed attempts.
fn outcome_in(operation: &Row, outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::Refused if !operation.spec.checks_credential => Outcome::NotExecuted,
        outcome => outcome,
    }
}

/// The problem of a call that was not sent.
fn of_unsent(not_sent: &NotSent) -> Problem {
    match not_sent {
        NotSent::CannotConnect(_)
        | NotSent::DeadlineSpent
        | NotSent::NoSession
        | NotSent::Busy
        | NotSent::ShareOfCaller
        | NotSent::CircuitOpen(_)
        | NotSent::Stopping => Problem::CentagateUnavailable,
        NotSent::Unrecorded => Problem::IdempotencyUnavailable,
    }
}

/// The problem and the outcome that a meaning stands for.
pub(super) fn of_meaning(meaning: Meaning) -> (Problem, Outcome) {
    use Outcome::{NotExecuted, Refused, Unknown};
    match meaning {
        Meaning::InvalidInput | Meaning::WrongActivationCode => (Problem::RejectedByCentagate, NotExecuted),
        Meaning::SessionRefused | Meaning::GatewayRefused => (Problem::CentagateDenied, NotExecuted),
        Meaning::InstallationFault => (Problem::CentagateFailed, NotExecuted),
        Meaning::InternalFault => (Problem::CentagateFailed, Unknown),
        Meaning::GroupNotFound => (Problem::GroupNotFound, NotExecuted),
        Meaning::EmailTaken => (Problem::EmailTaken, NotExecuted),
        Meaning::UsernameTaken => (Problem::UsernameTaken, NotExecuted),
        Meaning::UserNotFound => (Problem::UserNotFound, NotExecuted),
        Meaning::UserNotActive => (Problem::UserNotActive, NotExecuted),
        Meaning::UserLimitReached => (Problem::UserLimitReached, NotExecuted),
        Meaning::PhoneNumberMissing => (Problem::PhoneNumberMissing, NotExecuted),
        Meaning::PhoneNumberTaken => (Problem::PhoneNumberTaken, NotExecuted),
        Meaning::TargetIsAdmin => (Problem::Forbidden, NotExecuted),
        Meaning::UserLocked => (Problem::UserLocked, Refused),
        Meaning::UserNotLocked => (Problem::UserNotLocked, NotExecuted),
        Meaning::EditPendingApproval => (Problem::EditPendingApproval, Unknown),
        Meaning::OtpTokenAlreadyRegistered => (Problem::OtpTokenAlreadyRegistered, NotExecuted),
        Meaning::TokenNotFound => (Problem::TokenNotFound, NotExecuted),
        Meaning::TokenNotAvailable => (Problem::TokenNotAvailable, NotExecuted),
        Meaning::TokenNotActive => (Problem::TokenNotActive, NotExecuted),
        Meaning::TokenNotLocked => (Problem::TokenNotLocked, NotExecuted),
        Meaning::TokenNotAllowed => (Problem::TokenNotAllowed, NotExecuted),
        Meaning::TokenLocked => (Problem::TokenLocked, Refused),
        Meaning::TokenOutOfSync => (Problem::TokenOutOfSync, Refused),
        Meaning::CodeRejected => (Problem::CodeRejected, Refused),
        Meaning::CodesRejected => (Problem::CodesRejected, Refused),
        Meaning::SmsCodeTooSoon => (Problem::SmsCodeTooSoon, NotExecuted),
        Meaning::NoUsableDevice => (Problem::NoUsableDevice, NotExecuted),
        Meaning::MethodNotEnabled => (Problem::MethodNotEnabled, NotExecuted),
        Meaning::CertificateNotOwned => (Problem::CertificateNotOwned, NotExecuted),
        Meaning::SignatureRejected => (Problem::SignatureRejected, NotExecuted),
        Meaning::PasswordRejected(_) => (Problem::PasswordRejected, NotExecuted),
        Meaning::PasswordChangedRecently => (Problem::PasswordChangedRecently, NotExecuted),
        Meaning::Undocumented => (Problem::CentagateUnexpected, Unknown),
    }
}

fn broken_rule(rule: PasswordRule) -> &'static str {
    match rule {
        PasswordRule::History => "must not be one of the last passwords",
        PasswordRule::Length => "is too short",
        PasswordRule::Complexity => "must have more kinds of characters",
        PasswordRule::Blacklist => "is on the list of forbidden passwords",
        PasswordRule::Current => "must not be the current password",
        PasswordRule::Repetition => "must not repeat a character more than twice in a row",
        PasswordRule::Username => "must not be the user name",
    }
}
