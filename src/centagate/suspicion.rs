use std::time::Duration;

use super::session::Session;
use super::{Meaning, Operation, ReturnCode};

/// A pair younger than this is not blamed for a refusal.
const BLAMELESS_AGE: Duration = Duration::from_secs(30);

/// A pair that no call has succeeded with for this long may have ended unnoticed.
const UNPROVEN_AGE: Duration = Duration::from_secs(60);

/// Whether a refusal may mean that the session has ended.
#[derive(Debug, PartialEq)]
pub(super) enum Suspicion {
    /// It does not.
    None,
    /// This session is too young to blame; but there may be a newer one by now.
    OfThePast,
    /// It may: a login may be worth it.
    OfTheSession,
}

/// CENTAGATE has no code of its own for an ended session: 10001 also means a missing permission, and the page of
/// `registerUserActivate` lists no 10001 at all, so there 20002 and 10002 may stand for it (wire facts, section 3.1).
pub(super) fn suspicion(operation: Operation, code: ReturnCode, session: &Session) -> Suspicion {
    match code.meaning() {
        Meaning::AdminDenied if session.age() > BLAMELESS_AGE => Suspicion::OfTheSession,
        Meaning::AdminDenied => Suspicion::OfThePast,
        _ if operation == Operation::RegisterUser
            && matches!(code.get(), 20002 | 10002)
            && session.unproven_for() >= UNPROVEN_AGE =>
        {
            Suspicion::OfTheSession
        }
        _ => Suspicion::None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::{Suspicion, suspicion};
    use crate::centagate::session::Session;
    use crate::centagate::{Operation, ReturnCode};

    const REGISTRATION: Operation = Operation::RegisterUser;
    const TOKEN: Operation = Operation::RegisterOneTimePin;

    fn after(session: &Session, operation: Operation, code: i64) -> Suspicion {
        suspicion(operation, ReturnCode::new(code), session)
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_of_the_admin_blames_a_session_older_than_half_a_minute() {
        let session = Session::new(1, "admin", "token".into(), &"code".into(), None);
        for (seconds, expected) in [(0, Suspicion::OfThePast), (30, Suspicion::OfThePast), (1, Suspicion::OfTheSession)]
        {
            advance(Duration::from_secs(seconds)).await;
            for code in [10001, 23016, 23018] {
                assert_eq!(after(&session, REGISTRATION, code), expected);
                assert_eq!(after(&session, TOKEN, code), expected);
            }
        }
        session.succeeded();
        assert_eq!(after(&session, TOKEN, 10001), Suspicion::OfTheSession, "a success is no proof for the next call");
    }

    #[tokio::test(start_paused = true)]
    async fn registrations_may_hide_an_ended_session_behind_two_other_codes_once_it_is_unproven_for_a_minute() {
        let session = Session::new(1, "admin", "token".into(), &"code".into(), None);
        for _ in 0..2 {
            advance(Duration::from_secs(59)).await;
            for code in [20002, 10002] {
                assert_eq!(after(&session, REGISTRATION, code), Suspicion::None);
            }
            advance(Duration::from_secs(1)).await;
            for code in [20002, 10002] {
                assert_eq!(after(&session, REGISTRATION, code), Suspicion::OfTheSession);
                assert_eq!(after(&session, TOKEN, code), Suspicion::None, "its page lists 10001");
            }
            for code in [22025, 10004, 21001, 99] {
                assert_eq!(after(&session, REGISTRATION, code), Suspicion::None);
            }
            session.succeeded();
        }
    }
}
