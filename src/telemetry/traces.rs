//! Traces: exports spans over OTLP/HTTP if an endpoint is configured.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::{SpanContext, TraceId, TracerProvider as _};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing::warn;
use url::Url;

use super::collector::Collector;
use super::spans::{ClientSpan, ClockPair, ServerSpan, SpanData};
use crate::configuration::SettingsFault;

/// Timeout for sending the last spans at shutdown.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Exports the spans of requests and of their calls to CENTAGATE. Does nothing if no endpoint is configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces(Option<Arc<Export>>);

#[derive(Debug)]
struct Export {
    /// Queues up to 2048 spans for its own thread to send, and drops further ones.
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    /// Attributes of every server span.
    server_attributes: [KeyValue; 1],
    /// Attributes of every client span.
    client_attributes: Vec<KeyValue>,
}

/// The trace that a request belongs to.
#[derive(Debug)]
pub(crate) struct RequestTrace {
    traces: Traces,
    /// The caller's span, if the caller sent a `traceparent`.
    parent: Option<SpanContext>,
}

/// Returns the URL that accepts traces at `endpoint`, which may already contain the path `/v1/traces`.
fn traces_url(endpoint: &Url) -> String {
    let base = endpoint.as_str().trim_end_matches('/');
    let base = base.strip_suffix("/v1/traces").unwrap_or(base);
    format!("{}/v1/traces", base.trim_end_matches('/'))
}

impl Traces {
    /// Starts the exporter if there is an `endpoint`. Callers reach the gateway with the URL scheme `scheme`; `centagate` is
    /// the server that it calls.
    ///
    /// # Errors
    /// If the exporter cannot be set up.
    pub(crate) fn start(endpoint: Option<&Url>, scheme: &str, centagate: &Url) -> Result<Self, SettingsFault> {
        let Some(endpoint) = endpoint else { return Ok(Self(None)) };
        let fault = |cause: &dyn Display| SettingsFault::of_key("telemetry.otlp_endpoint", cause);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new().map_err(|cause| fault(&cause))?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(traces_url(endpoint))
            .build()
            .map_err(|_| fault(&"spans cannot be exported to this URL"))?;
        let version = env!("CARGO_PKG_VERSION");
        let resource = Resource::builder()
            .with_service_name("centagate-gateway")
            .with_attribute(KeyValue::new("service.version", version));
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
        let mut client_attributes =
            vec![KeyValue::new("server.address", centagate.host_str().unwrap_or_default().to_owned())];
        client_attributes
            .extend(centagate.port_or_known_default().map(|port| KeyValue::new("server.port", i64::from(port))));
        Ok(Self(Some(Arc::new(Export {
            tracer: provider.tracer("centagate-gateway"),
            provider,
            server_attributes: [KeyValue::new("url.scheme", scheme.to_owned())],
            client_attributes,
        }))))
    }

    /// Begins the trace of a request, as a child of the caller's span `parent` if there is one.
    pub(crate) fn begin(&self, parent: Option<SpanContext>) -> RequestTrace {
        RequestTrace { traces: self.clone(), parent }
    }

    /// Sends the queued spans, for at most [`FLUSH_TIMEOUT`].
    pub(crate) async fn stop(&self) {
        let Some(export) = self.0.clone() else { return };
        // On a blocking thread, because this call blocks.
        let stopped = tokio::task::spawn_blocking(move || export.provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if !matches!(stopped.await, Ok(Ok(()))) {
            warn!("the last spans could not be exported in time and are lost");
        }
    }
}

impl RequestTrace {
    /// Exports the spans of a finished request. Returns the trace id, if the request belongs to a trace.
    pub(crate) fn export(&self, spans: impl FnOnce() -> (ServerSpan, Option<ClientSpan>)) -> Option<TraceId> {
        let Some(export) = &self.traces.0 else { return self.parent.as_ref().map(SpanContext::trace_id) };
        let (server, client) = spans();
        let now = ClockPair::now();
        let server = SpanData::from(server).with_attributes(&export.server_attributes).export(
            &export.tracer,
            self.parent.clone(),
            now,
        );
        if let Some(client) = client {
            SpanData::from(client).with_attributes(&export.client_attributes).export(
                &export.tracer,
                Some(server.clone()),
                now,
            );
        }
        Some(server.trace_id()).filter(|id| *id != TraceId::INVALID)
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::traces_url;

    #[test]
    fn the_traces_path_is_appended_once() {
        for endpoint in ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces", "http://c:4318//v1/traces//"] {
            assert_eq!(traces_url(&Url::parse(endpoint).unwrap()), "http://c:4318/v1/traces", "{endpoint}");
        }
        for endpoint in ["https://c/otlp", "https://c/otlp/", "https://c/otlp/v1/traces", "https://c/otlp/v1/traces/"] {
            assert_eq!(traces_url(&Url::parse(endpoint).unwrap()), "https://c/otlp/v1/traces", "{endpoint}");
        }
    }
}
