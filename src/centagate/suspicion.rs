//! Decides whether a refusal may mean that the session has ended.

use std::time::Duration;

use super::call::CallSpec;
use super::return_code::{Meaning, ReturnCode};
use super::session::Session;

/// A refusal does not cast doubt on a session that is younger than this.
const TRUSTED_AGE: Duration = Duration::from_secs(30);

/// A session without a successful call for this long may have ended unnoticed.
const UNPROVEN_AGE: Duration = Duration::from_secs(60);

/// Whether a refusal may mean that the session has ended.
#[derive(Debug, PartialEq)]
pub(super) enum Suspicion {
    /// It does not mean that.
    None,
    /// The session is too young to have ended, but a newer one may exist.
    Superseded,
    /// The session may have ended. A new login is justified.
    Ended,
}

/// CENTAGATE has no code of its own for an ended session: 10001 also means a missing permission, and some calls document no
/// 10001 at all (wire facts, section 3.1).
pub(super) fn suspicion(call: &CallSpec, code: ReturnCode, session: &Session) -> Suspicion {
    match call.meaning(code) {
        Meaning::SessionRefused if session.age() > TRUSTED_AGE => Suspicion::Ended,
        Meaning::SessionRefused => Suspicion::Superseded,
        _ if call.ended_session_codes.contains(&code.get()) && session.unproven_for() >= UNPROVEN_AGE => {
            Suspicion::Ended
        }
        _ => Suspicion::None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{Suspicion, suspicion};
    use crate::centagate::call::{Call, CallSpec};
    use crate::centagate::calls::{CreateUser, RegisterOtpToken};
    use crate::centagate::return_code::ReturnCode;
    use crate::centagate::session::Session;

    const REGISTRATION: &CallSpec = CreateUser::CALL;
    const TOKEN: &CallSpec = RegisterOtpToken::CALL;

    fn after(session: &Session, call: &CallSpec, code: i64) -> Suspicion {
        suspicion(call, ReturnCode::new(code), session)
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_session_older_than_thirty_seconds_may_have_ended() {
        let session = Session::new(1, "admin", "token".into(), &"code".into(), None);
        for (seconds, expected) in [(0, Suspicion::Superseded), (30, Suspicion::Superseded), (1, Suspicion::Ended)] {
            advance(Duration::from_secs(seconds)).await;
            for code in [10001, 23016, 23018] {
                assert_eq!(after(&session, REGISTRATION, code), expected);
                assert_eq!(after(&session, TOKEN, code), expected);
            }
        }
        session.succeeded();
        assert_eq!(after(&session, TOKEN, 10001), Suspicion::Ended, "a success proves nothing about the next call");
    }

    #[tokio::test(start_paused = true)]
    async fn two_more_codes_of_a_registration_may_mean_an_ended_session_after_a_minute_without_success() {
        let session = Session::new(1, "admin", "token".into(), &"code".into(), None);
        for _ in 0..2 {
            advance(Duration::from_secs(59)).await;
            for code in [20002, 10002] {
                assert_eq!(after(&session, REGISTRATION, code), Suspicion::None);
            }
            advance(Duration::from_secs(1)).await;
            for code in [20002, 10002] {
                assert_eq!(after(&session, REGISTRATION, code), Suspicion::Ended);
                assert_eq!(after(&session, TOKEN, code), Suspicion::None, "its page lists 10001");
            }
            for code in [22025, 10004, 21001, 99] {
                assert_eq!(after(&session, REGISTRATION, code), Suspicion::None);
            }
            session.succeeded();
        }
    }
}
