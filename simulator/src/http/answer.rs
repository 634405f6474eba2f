//! Answers one request: finds the call, follows the instructions, executes the call, records the result.

use std::panic;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HttpDate, TryIntoHeaderValue as _};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, rt};

use super::reply::{Reply, container_page};
use super::route::Route;
use crate::calls::{Body, Target, execute};
use crate::centagate::Centagate;
use crate::instruction::Behaviour;
use crate::{Request, ReturnCode};

/// Answers every request that is not for the control interface. If the clock is skewed, the `Date` header follows it.
pub(crate) async fn answer(request: HttpRequest, body: Bytes, centagate: Data<Centagate>) -> HttpResponse {
    let mut response = respond(request, body, centagate.clone()).await;
    let state = centagate.state();
    if state.clock.skew_seconds != 0
        && let Ok(date) = HttpDate::from(state.clock.now()).try_into_value()
    {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// Runs the call in a separate task, so that it is executed even if the client disconnects, as in a servlet container.
async fn respond(request: HttpRequest, bytes: Bytes, centagate: Data<Centagate>) -> HttpResponse {
    let body = Body::parse(&bytes);
    let open_answers = centagate.state().open_answers;
    let route = Route::find(request.method().as_str(), request.uri().path(), body.as_ref(), &open_answers);
    let number = centagate.log.arrive(record(&request, &bytes, &route, body.as_ref()));
    let refuse = |status| {
        centagate.log.finish(number, None, false);
        container_page(status)
    };
    let target = match route {
        Route::Call(target) => target,
        Route::NotFound => return refuse(StatusCode::NOT_FOUND),
        Route::MethodNotAllowed(allowed) => {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED);
            response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static(allowed));
            return response;
        }
    };
    let task = rt::spawn(async move {
        let (reply, executed) = perform(&centagate, &target, body.as_ref()).await;
        let code = match &reply {
            Reply::Http(_, code) => code.clone(),
            Reply::Cut => None,
        };
        centagate.log.finish(number, code, executed);
        reply
    });
    match task.await {
        Ok(Reply::Http(response, _)) => response,
        // Ends the connection's task and drops its socket. Unlike `panic!`, it prints nothing.
        Ok(Reply::Cut) => panic::resume_unwind(Box::new("connection cut by instruction")),
        Err(_) => container_page(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Follows the instructions and executes the call. Also returns whether the call was executed.
async fn perform(centagate: &Centagate, target: &Target, body: Option<&Body>) -> (Reply, bool) {
    let plan = centagate.instructions().take(target.operation);
    let mut reply_instead = None;
    for behaviour in plan {
        match behaviour {
            Behaviour::Delay(delay) => tokio::time::sleep(delay).await,
            Behaviour::Hold(gate) => gate.pass().await,
            Behaviour::Code { code, message } => return (Reply::envelope(&code, &message, &"".into()), false),
            Behaviour::Reply { status, content_type, headers, body } => {
                return (Reply::verbatim(status, content_type, headers, body), false);
            }
            Behaviour::CutWithoutExecuting => return (Reply::Cut, false),
            Behaviour::Object(_) | Behaviour::Envelope(_) | Behaviour::CutBeforeReply => {
                reply_instead = Some(behaviour);
            }
        }
    }
    let result = execute(&mut centagate.state(), target, body);
    let executed = result.as_ref().is_ok_and(|success| success.executed);
    let reply = match (reply_instead, result) {
        (Some(Behaviour::Envelope(envelope)), _) => Reply::json(&envelope),
        (Some(Behaviour::CutBeforeReply), _) => Reply::Cut,
        (Some(Behaviour::Object(object)), Ok(_)) => Reply::code(ReturnCode::SUCCESS, object),
        (_, Ok(success)) => Reply::code(ReturnCode::SUCCESS, success.object),
        (_, Err(code)) => Reply::code(code, ""),
    };
    (reply, executed)
}

fn record(request: &HttpRequest, bytes: &[u8], route: &Route, body: Option<&Body>) -> Request {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Request {
        method: request.method().to_string(),
        path: request.uri().to_string(),
        headers: request.headers().iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body: bytes.to_vec(),
        members: body.map(|body| body.as_map().clone()).unwrap_or_default(),
        operation: match route {
            Route::Call(target) => Some(target.operation),
            _ => None,
        },
        code: None,
        executed: false,
        finished: false,
    }
}
