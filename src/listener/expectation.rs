//! `Expect: 100-continue`: the interim reply goes out when a handler first waits for its request's body, and not before.
//!
//! actix-http calls an *expect service* for such a request, sends `100 Continue` when that succeeds, and then calls the main
//! service. Here the expect service runs the application. If the application finishes without the body, its reply is the only
//! one. If it waits for the body, the expect service succeeds, and the main service continues the application's work.

use std::future::poll_fn;
use std::task::{Context, Poll};

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::HttpMessage as _;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Response, Service, ServiceFactory};
use futures_util::future::{Either, LocalBoxFuture};

use super::connection::Connection;

/// Work that waits for the body of its request. The request that the expect service returns carries it.
struct Begun<S: Service<Request>>(LocalBoxFuture<'static, Result<S::Response, S::Error>>);

/// The application as an expect service.
pub(super) struct Expecting<S>(S);

/// The application as the main service.
pub(super) struct Continuing<S>(S);

impl<S> Service<Request> for Expecting<S>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<BoxBody>>,
    S::Error: Into<Response<BoxBody>>,
{
    type Response = Request;
    /// The reply of an application that does not want the body.
    type Error = Response<BoxBody>;
    type Future = LocalBoxFuture<'static, Result<Request, Response<BoxBody>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context).map_err(Into::into)
    }

    fn call(&self, request: Request) -> Self::Future {
        let connection = request.conn_data::<Connection>().cloned().unwrap_or_default();
        let mut work: LocalBoxFuture<'static, _> = Box::pin(self.0.call(request));
        Box::pin(async move {
            let finished = poll_fn(|context| match work.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending if connection.wants_body() => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            });
            match finished.await {
                Some(Ok(reply)) => Err(reply.into()),
                Some(Err(error)) => Err(error.into()),
                None => {
                    let carrier = Request::new();
                    carrier.extensions_mut().insert(Begun::<S>(work));
                    Ok(carrier)
                }
            }
        })
    }
}

impl<S: Service<Request> + 'static> Service<Request> for Continuing<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<S::Future, LocalBoxFuture<'static, Result<S::Response, S::Error>>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&self, request: Request) -> Self::Future {
        let begun = request.extensions_mut().remove::<Begun<S>>();
        match begun {
            Some(Begun(work)) => Either::Right(work),
            None => Either::Left(self.0.call(request)),
        }
    }
}

/// Makes the expect service of an application.
pub(super) fn expecting<S: ServiceFactory<Request>>(
    app: impl IntoServiceFactory<S, Request>,
) -> Factory<S, Expecting<S::Service>> {
    Factory { app: app.into_factory(), wrap: Expecting }
}

/// Makes the main service of an application.
pub(super) fn continuing<S: ServiceFactory<Request>>(
    app: impl IntoServiceFactory<S, Request>,
) -> Factory<S, Continuing<S::Service>> {
    Factory { app: app.into_factory(), wrap: Continuing }
}

/// Makes services of an application, each in a wrapper.
pub(super) struct Factory<S: ServiceFactory<Request>, W> {
    app: S,
    wrap: fn(S::Service) -> W,
}

impl<S, W> ServiceFactory<Request> for Factory<S, W>
where
    S: ServiceFactory<Request, Config = AppConfig, Service: 'static, Future: 'static>,
    W: Service<Request> + 'static,
{
    type Response = W::Response;
    type Error = W::Error;
    type Config = ();
    type Service = W;
    type InitError = S::InitError;
    type Future = LocalBoxFuture<'static, Result<W, S::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let (starting, wrap) = (self.app.new_service(AppConfig::default()), self.wrap);
        Box::pin(async move { starting.await.map(wrap) })
    }
}
