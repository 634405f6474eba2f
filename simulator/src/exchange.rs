//! One request and its reply.

use std::panic;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HttpDate, TryIntoHeaderValue as _};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, rt};

use crate::centagate::Centagate;
use crate::endpoint::Endpoint;
use crate::instruction::Behaviour;
use crate::members::Members;
use crate::reply::{Reply, container_page};
use crate::state::Done;
use crate::{Operation, Request, ReturnCode};

/// Answers every request that is not for the control interface.
///
/// A call that has been received is executed even if its client hangs up meanwhile, as a servlet would: it runs in a task of
/// its own.
pub(crate) async fn answer(request: HttpRequest, body: Bytes, centagate: Data<Centagate>) -> HttpResponse {
    let mut response = respond(request, body, centagate.clone()).await;
    let state = centagate.state();
    let account = &state.account;
    if account.clock_skew_seconds != 0
        && let Ok(date) = HttpDate::from(account.now()).try_into_value()
    {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

async fn respond(request: HttpRequest, body: Bytes, centagate: Data<Centagate>) -> HttpResponse {
    let endpoint = Endpoint::of(request.method().as_str(), request.uri().path());
    let members = Members::parse(&body);
    let number = centagate.log.arrive(record(&request, &body, &endpoint, members.as_ref()));
    let refuse = |status| {
        centagate.log.finish(number, None, false);
        container_page(status)
    };
    let (operation, admin) = match endpoint {
        Endpoint::Call(operation, admin) => (operation, admin),
        Endpoint::NotFound => return refuse(StatusCode::NOT_FOUND),
        Endpoint::MethodNotAllowed(allowed) => {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED);
            let allowed = header::HeaderValue::from_static(allowed);
            response.headers_mut().insert(header::ALLOW, allowed);
            return response;
        }
    };
    let task = rt::spawn(async move {
        let (reply, executed) = perform(&centagate, operation, admin.as_deref(), members.as_ref()).await;
        let code = match &reply {
            Reply::Http(_, code) => code.clone(),
            Reply::Cut => None,
        };
        centagate.log.finish(number, code, executed);
        reply
    });
    match task.await {
        Ok(Reply::Http(response, _)) => response,
        // Ends the connection's task and drops its socket; unlike `panic!` it prints nothing.
        Ok(Reply::Cut) => panic::resume_unwind(Box::new("connection cut by instruction")),
        Err(_) => container_page(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Follows the instructions and executes the call; also says whether it was executed.
async fn perform(
    centagate: &Centagate,
    operation: Operation,
    admin: Option<&str>,
    members: Option<&Members>,
) -> (Reply, bool) {
    let plan = centagate.instructions().take(operation);
    let execute = || centagate.state().execute(operation, admin, members);
    for behaviour in plan {
        match behaviour {
            Behaviour::Delay(delay) => tokio::time::sleep(delay).await,
            Behaviour::Hold(gate) => gate.pass().await,
            Behaviour::Code { code, message } => {
                return (Reply::envelope(&code, &message, &"".into()), false);
            }
            Behaviour::Reply { status, content_type, headers, body } => {
                return (Reply::verbatim(status, content_type, headers, body), false);
            }
            Behaviour::Object(object) => {
                return match execute() {
                    Ok(done) => (Reply::code(ReturnCode::SUCCESS, object), done.executed),
                    Err(code) => (Reply::code(code, ""), false),
                };
            }
            Behaviour::Envelope(envelope) => return (Reply::json(&envelope), is_executed(&execute())),
            Behaviour::CutBeforeReply => return (Reply::Cut, is_executed(&execute())),
            Behaviour::CutWithoutExecuting => return (Reply::Cut, false),
        }
    }
    match execute() {
        Ok(done) => (Reply::code(ReturnCode::SUCCESS, done.object), done.executed),
        Err(code) => (Reply::code(code, ""), false),
    }
}

fn is_executed(outcome: &Result<Done, ReturnCode>) -> bool {
    outcome.as_ref().is_ok_and(|done| done.executed)
}

fn record(request: &HttpRequest, body: &[u8], endpoint: &Endpoint, members: Option<&Members>) -> Request {
    Request {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.to_string(), value)
            })
            .collect(),
        body: body.to_vec(),
        members: members.map(|members| members.as_map().clone()).unwrap_or_default(),
        operation: match endpoint {
            Endpoint::Call(operation, _) => Some(*operation),
            _ => None,
        },
        code: None,
        executed: false,
        finished: false,
    }
}
