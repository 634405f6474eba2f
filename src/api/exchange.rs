use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::{ResponseError as _, web};
use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::idempotency_key::IdempotencyKey;
use super::request_record::RequestRecord;
use super::to_the_end::ToTheEnd;
use super::{ApiError, Gateway, Problem};
use crate::audit::{Action, Ending};
use crate::centagate::{self, Answer, NotSent, Operation, Turn};
use crate::domain::Outcome;
use crate::store::Request;

/// One request's dealings with CENTAGATE.
pub(super) struct Exchange {
    pub(super) gateway: web::Data<Gateway>,
    pub(super) record: Arc<RequestRecord>,
    pub(super) action: Action,
    /// When the request's time is over.
    pub(super) deadline: Instant,
}

/// Does `work`, whose purpose is `action`, to its end: a caller who hangs up, or a reply that is given up on, changes
/// nothing about what is sent and what is recorded.
pub(super) async fn run<T, F>(
    gateway: &web::Data<Gateway>,
    record: &Arc<RequestRecord>,
    action: Action,
    work: impl FnOnce(Exchange) -> F,
) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    let Some(begun) = gateway.lifecycle.begin_exchange() else {
        return Err(ApiError::from(&centagate::Error::NotSent(NotSent::Stopping)));
    };
    let deadline = record.started() + gateway.limits.request_timeout;
    let work = work(Exchange { gateway: gateway.clone(), record: Arc::clone(record), action, deadline });
    let metrics = Arc::clone(&gateway.metrics);
    let work = AssertUnwindSafe(work).catch_unwind().map(move |ended| {
        drop(begun);
        ended.unwrap_or_else(|_| {
            metrics.requests.count_panic();
            // It may have sent by then.
            Err(ApiError::internal_after_sending())
        })
    });
    ToTheEnd::new(work).await
}

impl Exchange {
    /// When the call must be on its way at the latest. From then on CENTAGATE has its whole time for the reply; a call that is
    /// sent later might end as unknown.
    pub(super) fn send_by(&self) -> Instant {
        self.deadline.checked_sub(self.gateway.limits.call_timeout).unwrap_or(self.deadline)
    }

    /// The request as one that can be repeated, if it has a key: `path` holds the decoded path values.
    pub(super) fn repeatable<'a>(
        &'a self,
        key: Option<&'a IdempotencyKey>,
        path: &'a [&'a str],
        body: &'a [u8],
    ) -> Option<Request<'a>> {
        let (caller, operation) = (&self.action.caller, self.action.operation.as_str());
        key.map(|key| Request { caller, operation, key: key.as_str(), path, content: body, body })
    }

    /// Carries out `call` when its turn has come, and puts its attempt and its outcome on record.
    pub(super) async fn call<T, F>(&self, call: impl FnOnce(Turn) -> F) -> Result<T, ApiError>
    where
        F: Future<Output = Result<T, centagate::Error>>,
    {
        let asked = Instant::now();
        // A thousand requests may wait for their turns, so what waits is kept small: the attempt comes after it, and the call
        // is made after it, in a place of its own.
        let turn = self.gateway.centagate.turn(&self.action.caller, self.send_by()).await;
        let waited = asked.elapsed();
        let attempt = self.gateway.audit.attempt(&self.action).await.map_err(|_| Problem::AuditUnavailable)?;
        let started = Instant::now();
        let answered = match turn {
            Ok(turn) => Box::pin(call(turn)).await,
            Err(not_sent) => Err(centagate::Error::NotSent(not_sent)),
        };
        let (result, failure) = match answered {
            Ok(answer) => (Ok(answer), None),
            Err(failure) => (Err(ApiError::from(&failure)), Some(failure)),
        };
        let duration = waited + started.elapsed();
        let ending = match &result {
            Ok(_) => Ending { outcome: "executed", status: self.success_status(), upstream_code: Some(0), duration },
            Err(error) => {
                let outcome = error.outcome.map_or("unknown", Outcome::as_str);
                Ending { outcome, status: error.status_code().as_u16(), upstream_code: error.upstream_code, duration }
            }
        };
        self.record.call(self.action.operation, failure.as_ref(), &ending);
        attempt.ended(&ending).await;
        result
    }

    /// What `answer` told; where that could not be read, the request's line says so.
    pub(super) fn told<T>(&self, answer: Answer<T>) -> T {
        if !answer.is_readable {
            self.record.unreadable_object();
        }
        answer.value
    }

    fn success_status(&self) -> u16 {
        match self.action.operation {
            Operation::RegisterUser | Operation::RegisterOneTimePin => 201,
            Operation::ListAuthentication => 200,
        }
    }
}
