//! Sends spans to the OTLP collector.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::blocking::Client;
use reqwest::redirect::Policy;
use tracing::{info, warn};

use crate::causes::causes;

/// Timeout for sending one batch of spans.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The HTTP client of the span exporter. It logs the first failure and the first success after that.
///
/// The client is a blocking one, because the exporter's thread has no async runtime: an async client would never send.
#[derive(Debug)]
pub(super) struct Collector {
    http: Client,
    failing: AtomicBool,
}

impl Collector {
    pub(super) fn new() -> io::Result<Self> {
        let client = || {
            let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).referer(false).no_proxy();
            client.build().map_err(|_| io::Error::other("TLS could not be set up"))
        };
        // On its own thread, because a blocking client panics if it is created inside an async runtime.
        let built = thread::Builder::new().spawn(client)?.join();
        let http = built.map_err(|_| io::Error::other("the HTTP client could not be set up"))??;
        Ok(Self { http, failing: AtomicBool::new(false) })
    }

    fn log_change(&self, fault: Option<String>) {
        let was_failing = self.failing.swap(fault.is_some(), Ordering::Relaxed);
        match fault {
            Some(cause) if !was_failing => warn!(cause, "spans cannot be exported and are lost"),
            None if was_failing => info!("spans are exported again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        match self.http.send_bytes(request).await {
            Ok(reply) => {
                let refused = !reply.status().is_success();
                self.log_change(refused.then(|| format!("HTTP status {}", reply.status().as_u16())));
                Ok(reply)
            }
            Err(error) => {
                let error =
                    error.downcast::<reqwest::Error>().map_or_else(|error| error, |error| error.without_url().into());
                self.log_change(Some(causes(&*error)));
                Err(error)
            }
        }
    }
}
