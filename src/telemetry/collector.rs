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

/// The longest time for a batch of spans to be sent.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Sends batches of spans. Tells once when that begins to fail, and once when it works again.
///
/// The client blocks, because the thread that sends has no runtime; an asynchronous one would never send anything there.
#[derive(Debug)]
pub(super) struct Collector {
    http: Client,
    failing: AtomicBool,
}

impl Collector {
    pub(super) fn new() -> io::Result<Self> {
        let client = || {
            let client = Client::builder().timeout(TIMEOUT).redirect(Policy::none()).referer(false).no_proxy();
            client.build().map_err(|_| io::Error::other("TLS cannot be set up"))
        };
        // A thread of its own, because a blocking client cannot be made within a runtime.
        let built = thread::Builder::new().spawn(client)?.join();
        let http = built.map_err(|_| io::Error::other("the HTTP client cannot be set up"))??;
        Ok(Self { http, failing: AtomicBool::new(false) })
    }

    fn tell(&self, fault: Option<String>) {
        let failed_before = self.failing.swap(fault.is_some(), Ordering::Relaxed);
        match fault {
            Some(cause) if !failed_before => warn!(cause, "spans cannot be exported and are lost"),
            None if failed_before => info!("spans are exported again"),
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
                self.tell(refused.then(|| format!("HTTP status {}", reply.status().as_u16())));
                Ok(reply)
            }
            Err(error) => {
                let error =
                    error.downcast::<reqwest::Error>().map_or_else(|error| error, |error| error.without_url().into());
                self.tell(Some(causes(&*error)));
                Err(error)
            }
        }
    }
}
