use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{Span as _, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::SdkTracer;
use tokio::time::Instant;

/// A request that is over, as its span tells it: by OpenTelemetry's semantic conventions for HTTP, but without `url.path`,
/// which holds a user's name, and without anything else that the caller chose.
pub(crate) struct ServerSpan {
    /// The name of the method, or `other`.
    pub(crate) method: &'static str,
    /// The pattern of the route, if one matched.
    pub(crate) route: Option<&'static str>,
    /// The reply's status; none where the caller went away.
    pub(crate) status: Option<u16>,
    /// The problem's code, if the reply is a problem.
    pub(crate) problem: Option<&'static str>,
    pub(crate) period: Period,
}

/// A call of CENTAGATE that is over, as its span tells it: without `url.full`, which holds the admin's name.
pub(crate) struct ClientSpan {
    pub(crate) operation: &'static str,
    /// The code that CENTAGATE answered with, if it did.
    pub(crate) return_code: Option<i64>,
    /// What went wrong, if anything did: a code other than 0, or a word.
    pub(crate) fault: Option<String>,
    pub(crate) period: Period,
}

/// From when to when.
#[derive(Clone, Copy)]
pub(crate) struct Period {
    pub(crate) started: Instant,
    pub(crate) duration: Duration,
}

/// One moment on two clocks: what was measured on one of them is told by the other.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    instant: Instant,
    time: SystemTime,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { instant: Instant::now(), time: SystemTime::now() }
    }

    fn time_of(self, past: Instant) -> SystemTime {
        self.time - self.instant.saturating_duration_since(past)
    }
}

/// What both kinds have in common.
pub(super) struct Told {
    name: Cow<'static, str>,
    kind: SpanKind,
    period: Period,
    attributes: Vec<KeyValue>,
    /// `error.type`, where the span is one of an error.
    error: Option<Value>,
}

impl From<ServerSpan> for Told {
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
                Some(_) => None, // a refused request is no error of the server's
            },
        }
    }
}

impl From<ClientSpan> for Told {
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

impl Told {
    /// The same with more attributes.
    pub(super) fn with(mut self, attributes: &[KeyValue]) -> Self {
        self.attributes.extend_from_slice(attributes);
        self
    }

    /// Hands the span over to be exported, and answers what its children need to know.
    pub(super) fn emit(mut self, tracer: &SdkTracer, parent: Option<SpanContext>, now: Moment) -> SpanContext {
        let parent = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        self.attributes.extend(self.error.clone().map(|error| KeyValue::new("error.type", error)));
        let builder = SpanBuilder::from_name(self.name)
            .with_kind(self.kind)
            .with_start_time(now.time_of(self.period.started))
            .with_attributes(self.attributes);
        let mut span = tracer.build_with_context(builder, &parent);
        if self.error.is_some() {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(now.time_of(self.period.started + self.period.duration));
        span.span_context().clone()
    }
}
