//! Spans of requests and of calls to CENTAGATE, following OpenTelemetry's semantic conventions for HTTP.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::SdkTracer;
use tokio::time::Instant;

/// The span of a finished request. It has no `url.path`, because the path contains a user's name, and nothing else that
/// the caller chose.
pub(crate) struct ServerSpan {
    /// The HTTP method, or `other`.
    pub(crate) method: &'static str,
    /// The pattern of the matched route.
    pub(crate) route: Option<&'static str>,
    /// The status of the reply; `None` if the caller disconnected.
    pub(crate) status: Option<u16>,
    /// The problem code, if the reply is a problem.
    pub(crate) problem: Option<&'static str>,
    pub(crate) period: Period,
}

/// The span of a finished call to CENTAGATE. It has no `url.full`, because the URL contains the admin's name.
pub(crate) struct ClientSpan {
    pub(crate) operation: &'static str,
    /// CENTAGATE's return code, if it answered.
    pub(crate) return_code: Option<i64>,
    /// A return code other than 0, or a word that says why there was no answer.
    pub(crate) fault: Option<String>,
    pub(crate) period: Period,
}

/// The start and the length of a span.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub(crate) started: Instant,
    pub(crate) duration: Duration,
}

/// One moment on the monotonic and on the wall clock, to convert between the two.
#[derive(Clone, Copy)]
pub(super) struct ClockPair {
    instant: Instant,
    time: SystemTime,
}

impl ClockPair {
    pub(super) fn now() -> Self {
        Self { instant: Instant::now(), time: SystemTime::now() }
    }

    fn wall_time(self, past: Instant) -> SystemTime {
        self.time - self.instant.saturating_duration_since(past)
    }
}

/// A span in the form that the tracer needs.
pub(super) struct SpanData {
    name: Cow<'static, str>,
    kind: SpanKind,
    period: Period,
    attributes: Vec<KeyValue>,
    /// The attribute `error.type`.
    error: Option<Value>,
}

impl From<ServerSpan> for SpanData {
    fn from(span: ServerSpan) -> Self {
        let (method, verb) = if span.method == "other" { ("_OTHER", "HTTP") } else { (span.method, span.method) };
        let mut attributes = vec![KeyValue::new("http.request.method", method)];
        attributes.extend(span.route.map(|route| KeyValue::new("http.route", route)));
        attributes.extend(span.status.map(|status| KeyValue::new("http.response.status_code", i64::from(status))));
        Self {
            name: span.route.map_or(verb.into(), |route| format!("{verb} {route}").into()),
            kind: SpanKind::Server,
            period: span.period,
            attributes,
            error: match span.status {
                None => Some("caller_gone".into()),
                Some(500..) => Some(span.problem.unwrap_or("internal").into()),
                Some(_) => None, // a client error is not an error of the server span
            },
        }
    }
}

impl From<ClientSpan> for SpanData {
    fn from(span: ClientSpan) -> Self {
        let operation = span.operation;
        let mut attributes =
            vec![KeyValue::new("http.request.method", "PUT"), KeyValue::new("centagate.operation", operation)];
        if let Some(code) = span.return_code {
            attributes.push(KeyValue::new("http.response.status_code", 200));
            attributes.push(KeyValue::new("centagate.return_code", code));
        }
        Self {
            name: operation.into(),
            kind: SpanKind::Client,
            period: span.period,
            attributes,
            error: span.fault.map(Value::from),
        }
    }
}

impl SpanData {
    /// Adds attributes.
    pub(super) fn with_attributes(mut self, attributes: &[KeyValue]) -> Self {
        self.attributes.extend_from_slice(attributes);
        self
    }

    /// Queues the span for export and returns its context, which its children need.
    pub(super) fn export(mut self, tracer: &SdkTracer, parent: Option<SpanContext>, now: ClockPair) -> SpanContext {
        let parent = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        self.attributes.extend(self.error.clone().map(|error| KeyValue::new("error.type", error)));
        let builder = SpanBuilder::from_name(self.name)
            .with_kind(self.kind)
            .with_start_time(now.wall_time(self.period.started))
            .with_attributes(self.attributes);
        let mut span = tracer.build_with_context(builder, &parent);
        if self.error.is_some() {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(now.wall_time(self.period.started + self.period.duration));
        span.span_context().clone()
    }
}
