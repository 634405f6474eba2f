//! The log of all requests and their results.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::Operation;

/// The log drops the oldest requests beyond this number, so that a long demo does not use up the memory.
const CAPACITY: usize = 100_000;

/// A request as it arrived, and its result. `Debug` hides the values because they contain cenTokens and passwords.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The method.
    pub method: String,
    /// The raw path from the request line, percent-encoded, with the query.
    pub path: String,
    /// Header names in lower case, and values. Their order is not preserved.
    pub headers: Vec<(String, String)>,
    /// The body; a string in the control interface.
    #[serde(serialize_with = "as_text")]
    pub body: Vec<u8>,
    /// The members of the body; empty if it is not a JSON object.
    pub members: Map<String, Value>,
    /// The operation that path and method belong to.
    pub operation: Option<Operation>,
    /// The code in the reply, as text; `None` if there is no reply yet or no code in it.
    pub code: Option<String>,
    /// Whether the call changed the state.
    pub executed: bool,
    /// Whether the request has been answered, or its connection has been cut.
    pub finished: bool,
}

impl Request {
    /// The value of a body member, if it is a string.
    pub fn member(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Value::as_str)
    }

    /// The value of the first header with this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body_bytes", &self.body.len())
            .field("members", &self.members.keys().collect::<Vec<_>>())
            .field("operation", &self.operation)
            .field("code", &self.code)
            .field("executed", &self.executed)
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

/// All requests in order of arrival.
pub(crate) struct Log {
    entries: Mutex<VecDeque<Request>>,
    arrived: watch::Sender<usize>,
    finished: watch::Sender<usize>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self { entries: Mutex::default(), arrived: watch::Sender::new(0), finished: watch::Sender::new(0) }
    }

    /// Records an arrival and returns its number, which [`finish`](Self::finish) takes.
    pub(crate) fn arrive(&self, request: Request) -> usize {
        let mut entries = self.entries();
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(request);
        self.arrived.send_modify(|count| *count += 1);
        *self.arrived.borrow() - 1
    }

    /// Records the result of a request.
    pub(crate) fn finish(&self, number: usize, code: Option<String>, executed: bool) {
        let mut entries = self.entries();
        let dropped = *self.arrived.borrow() - entries.len();
        if let Some(request) = number.checked_sub(dropped).and_then(|index| entries.get_mut(index)) {
            request.code = code;
            request.executed = executed;
            request.finished = true;
        }
        self.finished.send_modify(|count| *count += 1);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.entries().iter().cloned().collect()
    }

    pub(crate) fn arrivals(&self) -> watch::Receiver<usize> {
        self.arrived.subscribe()
    }

    pub(crate) fn finishes(&self) -> watch::Receiver<usize> {
        self.finished.subscribe()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, VecDeque<Request>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn as_text<S: Serializer>(body: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(body))
}
