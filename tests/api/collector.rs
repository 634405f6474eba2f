//! A collector that receives spans as OTLP over HTTP.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use centagate_simulator::Tls;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::{Span as OtlpSpan, span::SpanKind, status::StatusCode};
use prost::Message as _;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::certificates::acceptor;
use crate::process::TEST_TIMEOUT;

/// A running collector. It ends with the test's runtime.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    arrived: watch::Receiver<Vec<Arrival>>,
}

/// A request as it arrived on the wire.
#[derive(Clone)]
pub(crate) struct Arrival {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A received span.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) name: String,
    pub(crate) kind: SpanKind,
    pub(crate) trace_id: String,
    pub(crate) id: String,
    /// Empty for the root span of a trace.
    pub(crate) parent_id: String,
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) is_error: bool,
    /// Start and end in nanoseconds.
    pub(crate) period: (u64, u64),
}

impl Collector {
    pub(crate) async fn start() -> Self {
        Self::start_with("200 OK", None).await
    }

    /// Starts a collector that answers every request with this status line.
    pub(crate) async fn answering(status: &'static str) -> Self {
        Self::start_with(status, None).await
    }

    pub(crate) async fn start_with(status: &'static str, tls: Option<&Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = tls.map(|tls| acceptor(&tls.certificate_pem, &tls.key_pem));
        let (sender, arrived) = watch::channel(Vec::new());
        let sender = Arc::new(sender);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (sender, tls) = (Arc::clone(&sender), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(connection, status, &sender).await,
                        Some(tls) => serve(tls.accept(connection).await.ok()?, status, &sender).await,
                    }
                });
            }
        });
        Self { address, arrived }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All received requests.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        self.arrived.borrow().clone()
    }

    /// All received spans.
    pub(crate) fn spans(&self) -> Vec<Span> {
        spans(&self.arrived.borrow())
    }

    /// Waits until `count` spans have been received. More spans are a failure.
    pub(crate) async fn wait_for_spans(&self, count: usize) -> Vec<Span> {
        let mut arrived = self.arrived.clone();
        let enough = arrived.wait_for(|arrived| spans(arrived).len() >= count);
        timeout(TEST_TIMEOUT, enough).await.unwrap_or_else(|_| panic!("only {:?} came", self.spans())).unwrap();
        let spans = self.spans();
        assert_eq!(spans.len(), count, "{spans:?}");
        spans
    }
}

async fn serve(
    mut connection: impl AsyncRead + AsyncWrite + Unpin,
    status: &str,
    sender: &watch::Sender<Vec<Arrival>>,
) -> Option<()> {
    let mut received = Vec::new();
    loop {
        if let Some((arrival, length)) = whole_request(&received) {
            received.drain(..length);
            sender.send_modify(|arrivals| arrivals.push(arrival));
            let reply = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            connection.write_all(reply.as_bytes()).await.ok()?;
        } else if connection.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    }
}

/// The first request and its length, if it is complete.
fn whole_request(received: &[u8]) -> Option<(Arrival, usize)> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(received[..end].to_vec()).unwrap().to_ascii_lowercase();
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let body = received.get(end..end + length)?.to_vec();
    Some((Arrival { head, body }, end + length))
}

fn spans(arrivals: &[Arrival]) -> Vec<Span> {
    let exports = arrivals.iter().map(|arrival| ExportTraceServiceRequest::decode(&*arrival.body).expect("OTLP"));
    exports
        .flat_map(|export| export.resource_spans)
        .flat_map(|resource| {
            let attributes = attributes(&resource.resource.expect("a resource").attributes);
            assert_eq!(attributes["service.name"], "centagate-gateway");
            assert_eq!(attributes["service.version"], env!("CARGO_PKG_VERSION"));
            resource.scope_spans
        })
        .flat_map(|scope| scope.spans)
        .map(|span| Span::from(&span))
        .collect()
}

impl From<&OtlpSpan> for Span {
    fn from(span: &OtlpSpan) -> Self {
        assert_eq!((&*span.trace_state, span.events.len(), span.links.len()), ("", 0, 0));
        let status = span.status.clone().unwrap_or_default();
        assert_eq!(status.message, "");
        Self {
            name: span.name.clone(),
            kind: span.kind(),
            trace_id: hex::encode(&span.trace_id),
            id: hex::encode(&span.span_id),
            parent_id: hex::encode(&span.parent_span_id),
            attributes: attributes(&span.attributes),
            is_error: status.code() == StatusCode::Error,
            period: (span.start_time_unix_nano, span.end_time_unix_nano),
        }
    }
}

fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, Value> {
    let value = |attribute: &KeyValue| match attribute.value.clone().and_then(|value| value.value) {
        Some(any_value::Value::StringValue(text)) => json!(text),
        Some(any_value::Value::IntValue(number)) => json!(number),
        other => panic!("{}: {other:?}", attribute.key),
    };
    attributes.iter().map(|attribute| (attribute.key.clone(), value(attribute))).collect()
}
