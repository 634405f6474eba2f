//! `Expect: 100-continue`: the interim reply is sent when a handler first waits for the body, and not earlier.
//!
//! For such a request, actix-http first calls an *expect service*. If that succeeds, actix-http sends `100 Continue` and calls
//! the main service. Here, the expect service starts the application. If the application finishes without the body, its reply
//! is the only one. If it waits for the body, the expect service succeeds, and the main service continues the application.

use std::future::poll_fn;
use std::task::{Context, Poll};

use actix_http::Request;
use actix_service::IntoServiceFactory;
use actix_web::HttpMessage as _;
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Response, Service, ServiceFactory};
use futures_util::future::{Either, LocalBoxFuture};

use super::connection::Connection;

/// A started application that waits for the body. The expect service passes it to the main service in a request.
struct Started<S: Service<Request>>(LocalBoxFuture<'static, Result<S::Response, S::Error>>);

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
    /// The reply of an application that finished without the body.
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
                    carrier.extensions_mut().insert(Started::<S>(work));
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
        let started = request.extensions_mut().remove::<Started<S>>();
        match started {
            Some(Started(work)) => Either::Right(work),
            None => Either::Left(self.0.call(request)),
        }
    }
}

/// Creates the expect service of an application.
pub(super) fn expecting<S: ServiceFactory<Request>>(
    app: impl IntoServiceFactory<S, Request>,
) -> Factory<S, Expecting<S::Service>> {
    Factory { app: app.into_factory(), wrap: Expecting }
}

/// Creates the main service of an application.
pub(super) fn continuing<S: ServiceFactory<Request>>(
    app: impl IntoServiceFactory<S, Request>,
) -> Factory<S, Continuing<S::Service>> {
    Factory { app: app.into_factory(), wrap: Continuing }
}

/// Creates instances of an application, each in the wrapper `wrap`.
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
