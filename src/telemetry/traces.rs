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
use super::spans::{ClientSpan, Moment, ServerSpan, Told};
use crate::settings::{Settings, SettingsFault};

/// The longest wait for the last spans to be sent.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);

/// Spans of requests and of their calls of CENTAGATE, exported by OTLP over HTTP. Off, it holds nothing and does nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Traces(Option<Arc<Export>>);

#[derive(Debug)]
struct Export {
    /// Holds up to 2048 spans, and forgets further ones; a thread of its own sends them.
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    /// What all server spans have in common.
    server: [KeyValue; 1],
    /// What all client spans have in common.
    client: Vec<KeyValue>,
}

/// Where a request stands in a trace.
#[derive(Debug)]
pub(crate) struct RequestTrace {
    traces: Traces,
    /// The caller's span.
    parent: Option<SpanContext>,
}

/// Where a collector at `endpoint` takes traces. The endpoint may name that path itself.
fn traces_url(endpoint: &Url) -> String {
    let base = endpoint.as_str().trim_end_matches('/');
    let base = base.strip_suffix("/v1/traces").unwrap_or(base);
    format!("{}/v1/traces", base.trim_end_matches('/'))
}

impl Traces {
    /// # Errors
    /// If the exporter cannot be set up.
    pub(crate) fn start(settings: &Settings) -> Result<Self, SettingsFault> {
        let Some(endpoint) = &settings.telemetry.otlp_endpoint else { return Ok(Self(None)) };
        let fault = |cause: &dyn Display| SettingsFault::of_key("telemetry.otlp_endpoint", cause);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new().map_err(|cause| fault(&cause))?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(traces_url(endpoint))
            .build()
            .map_err(|_| fault(&"spans cannot be exported there"))?;
        let version = env!("CARGO_PKG_VERSION");
        let resource = Resource::builder()
            .with_service_name("centagate-gateway")
            .with_attribute(KeyValue::new("service.version", version));
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
        let scheme = match (&settings.server.public_url, &settings.server.tls) {
            (Some(url), _) => url.scheme().to_owned(),
            (None, tls) => if tls.is_some() { "https" } else { "http" }.to_owned(),
        };
        let centagate = &settings.centagate.base_url;
        let mut client = vec![KeyValue::new("server.address", centagate.host_str().unwrap_or_default().to_owned())];
        client.extend(centagate.port_or_known_default().map(|port| KeyValue::new("server.port", i64::from(port))));
        Ok(Self(Some(Arc::new(Export {
            tracer: provider.tracer("centagate-gateway"),
            provider,
            server: [KeyValue::new("url.scheme", scheme)],
            client,
        }))))
    }

    /// The place of a request whose caller is in the span `parent`.
    pub(crate) fn begin(&self, parent: Option<SpanContext>) -> RequestTrace {
        RequestTrace { traces: self.clone(), parent }
    }

    /// Sends what is left, in bounded time.
    pub(crate) async fn stop(&self) {
        let Some(export) = self.0.clone() else { return };
        // It blocks.
        let stopped = tokio::task::spawn_blocking(move || export.provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if !matches!(stopped.await, Ok(Ok(()))) {
            warn!("the last spans could not be exported in time and are lost");
        }
    }
}

impl RequestTrace {
    /// Exports the spans of a request that is over, if spans are exported. Answers the id of the trace, if there is one.
    pub(crate) fn tell(&self, spans: impl FnOnce() -> (ServerSpan, Option<ClientSpan>)) -> Option<TraceId> {
        let Some(export) = &self.traces.0 else { return self.parent.as_ref().map(SpanContext::trace_id) };
        let (server, client) = spans();
        let now = Moment::now();
        let server = Told::from(server).with(&export.server).emit(&export.tracer, self.parent.clone(), now);
        if let Some(client) = client {
            Told::from(client).with(&export.client).emit(&export.tracer, Some(server.clone()), now);
        }
        Some(server.trace_id()).filter(|id| *id != TraceId::INVALID)
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::traces_url;

    #[test]
    fn an_endpoint_may_name_the_path_of_traces() {
        for endpoint in ["http://c:4318", "http://c:4318/", "http://c:4318/v1/traces", "http://c:4318//v1/traces//"] {
            assert_eq!(traces_url(&Url::parse(endpoint).unwrap()), "http://c:4318/v1/traces", "{endpoint}");
        }
        for endpoint in ["https://c/otlp", "https://c/otlp/", "https://c/otlp/v1/traces", "https://c/otlp/v1/traces/"] {
            assert_eq!(traces_url(&Url::parse(endpoint).unwrap()), "https://c/otlp/v1/traces", "{endpoint}");
        }
    }
}
